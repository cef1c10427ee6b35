#include "formats/pickle/emit/emitter.h"

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/emit/encoding.h"

namespace weighbridge::pickle {
namespace {

constexpr int64_t kFrameTarget = int64_t{64} << 10;
constexpr int64_t kFrameMinimum = 4;
constexpr size_t kFrameHeaderSize = 9;

// The header of a text or bytes, with the shortest of three opcodes, for lengths of 1, 4 and 8 bytes.
std::string SizedHeader(absl::string_view opcodes, int64_t size) {
  const int form = size <= 0xff ? 0 : size <= 0xffffffff ? 1 : 2;
  constexpr int kLengthBytes[] = {1, 4, 8};
  return absl::StrCat(opcodes.substr(form, 1), LittleEndian(static_cast<uint64_t>(size), kLengthBytes[form]));
}

}  // namespace

Emitter::Emitter() : pieces_(1) {
  Write("\x80\x04");
  framing_ = true;
}

void Emitter::None() {
  BeginValue();
  WriteOpcode('N');
}

void Emitter::Bool(bool value) {
  BeginValue();
  WriteOpcode(value ? '\x88' : '\x89');
}

void Emitter::Int(int64_t value) {
  BeginValue();
  Write(EncodeInt(value));
}

void Emitter::Text(absl::string_view utf8) {
  BeginValue();
  WriteSized(SizedHeader("\x8cX\x8d", static_cast<int64_t>(utf8.size())), utf8);
}

void Emitter::Bytes(absl::string_view bytes) {
  BeginValue();
  WriteSized(SizedHeader("CB\x8e", static_cast<int64_t>(bytes.size())), bytes);
}

void Emitter::PayloadBytes(int64_t size) {
  assert(size >= 0);
  BeginValue();
  const bool outside = size >= kFrameTarget;
  if (outside) CloseFrame();
  framing_ = !outside;
  Write(SizedHeader("CB\x8e", size));
  framing_ = true;
  if (frame_open_) frame_size_ += size;
  pieces_.back().payload = size;
  pieces_.emplace_back();
}

Emitter::Memo Emitter::Memoize() {
  WriteOpcode('\x94');
  return memos_++;
}

void Emitter::Get(Memo memo) {
  assert(memo < memos_);
  BeginValue();
  Write(EncodeGet(memo));
}

void Emitter::Tuple(int size) {
  if (size == 0) BeginValue();
  WriteOpcode(TupleOpcode(size));
}

void Emitter::BeginTuple() {
  BeginValue();
  WriteOpcode('(');
}

void Emitter::EndTuple() {
  WriteOpcode('t');
}

void Emitter::EmptyDict() {
  BeginValue();
  WriteOpcode('}');
}

void Emitter::BeginItems(int64_t count) {
  assert(count > 0);
  items_.emplace_back(ItemBatches::Of::kDict, count);
  Write(items_.back().Begin());
}

void Emitter::EndItem() {
  Write(items_.back().EndItem());
}

void Emitter::EndItems() {
  Write(items_.back().End());
  items_.pop_back();
}

void Emitter::StackGlobal() {
  WriteOpcode('\x93');
}

void Emitter::Reduce() {
  WriteOpcode('R');
}

void Emitter::Build() {
  WriteOpcode('b');
}

std::vector<Piece> Emitter::Finish() {
  WriteOpcode('.');
  CloseFrame();
  return std::move(pieces_);
}

void Emitter::BeginValue() {
  if (frame_open_ && frame_size_ >= kFrameTarget) CloseFrame();
}

void Emitter::Write(absl::string_view bytes) {
  if (framing_ && !frame_open_) OpenFrame();
  if (frame_open_) frame_size_ += static_cast<int64_t>(bytes.size());
  absl::StrAppend(&pieces_.back().bytes, bytes);
}

void Emitter::WriteOpcode(char opcode) {
  Write(absl::string_view(&opcode, 1));
}

void Emitter::WriteSized(absl::string_view header, absl::string_view bytes) {
  const bool outside = static_cast<int64_t>(bytes.size()) >= kFrameTarget;
  if (outside) CloseFrame();
  framing_ = !outside;
  Write(header);
  Write(bytes);
  framing_ = true;
}

void Emitter::OpenFrame() {
  frame_open_ = true;
  frame_piece_ = pieces_.size() - 1;
  frame_offset_ = pieces_.back().bytes.size();
  frame_size_ = 0;
  pieces_.back().bytes.append(kFrameHeaderSize, '\0');
}

void Emitter::CloseFrame() {
  if (!frame_open_) return;
  std::string& bytes = pieces_[frame_piece_].bytes;
  if (frame_size_ < kFrameMinimum) {
    bytes.erase(frame_offset_, kFrameHeaderSize);
  } else {
    bytes.replace(frame_offset_, kFrameHeaderSize, absl::StrCat("\x95", LittleEndian(static_cast<uint64_t>(frame_size_), 8)));
  }
  frame_open_ = false;
}

}  // namespace weighbridge::pickle
