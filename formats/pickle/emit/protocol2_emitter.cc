#include "formats/pickle/emit/protocol2_emitter.h"

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/emit/encoding.h"

namespace weighbridge::pickle {

Protocol2Emitter::Protocol2Emitter() : bytes_("\x80\x02") {}

void Protocol2Emitter::Bool(bool value) {
  WriteOpcode(value ? '\x88' : '\x89');
}

void Protocol2Emitter::Int(int64_t value) {
  absl::StrAppend(&bytes_, EncodeInt(value));
}

Protocol2Emitter::Memo Protocol2Emitter::Text(absl::string_view utf8) {
  assert(utf8.size() <= UINT32_MAX);
  absl::StrAppend(&bytes_, "X", LittleEndian(utf8.size(), 4), utf8);
  return Memoize();
}

Protocol2Emitter::Memo Protocol2Emitter::Global(absl::string_view module, absl::string_view name) {
  absl::StrAppend(&bytes_, "c", module, "\n", name, "\n");
  return Memoize();
}

void Protocol2Emitter::Get(Memo memo) {
  assert(memo < memos_);
  absl::StrAppend(&bytes_, EncodeGet(memo));
}

void Protocol2Emitter::Tuple(int size) {
  WriteOpcode(TupleOpcode(size));
  if (size > 0) Memoize();
}

void Protocol2Emitter::BeginTuple() {
  WriteOpcode('(');
}

void Protocol2Emitter::EndTuple() {
  WriteOpcode('t');
  Memoize();
}

void Protocol2Emitter::EmptyDict() {
  WriteOpcode('}');
  Memoize();
}

void Protocol2Emitter::BeginItems(ItemBatches::Of of, int64_t count) {
  items_.emplace_back(of, count);
  absl::StrAppend(&bytes_, items_.back().Begin());
}

void Protocol2Emitter::EndItem() {
  absl::StrAppend(&bytes_, items_.back().EndItem());
}

void Protocol2Emitter::EndItems() {
  absl::StrAppend(&bytes_, items_.back().End());
  items_.pop_back();
}

void Protocol2Emitter::Reduce() {
  WriteOpcode('R');
  Memoize();
}

void Protocol2Emitter::Build() {
  WriteOpcode('b');
}

void Protocol2Emitter::PersistentId() {
  WriteOpcode('Q');
}

std::string Protocol2Emitter::Finish() {
  WriteOpcode('.');
  return std::move(bytes_);
}

void Protocol2Emitter::WriteOpcode(char opcode) {
  bytes_.push_back(opcode);
}

Protocol2Emitter::Memo Protocol2Emitter::Memoize() {
  absl::StrAppend(&bytes_, memos_ <= 0xff ? "q" : "r", LittleEndian(memos_, memos_ <= 0xff ? 1 : 4));
  return memos_++;
}

}  // namespace weighbridge::pickle
