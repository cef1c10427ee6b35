#include "formats/pickle/emitter.h"

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/internal/endian.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge::pickle {
namespace {

constexpr int64_t kFrameTarget = int64_t{64} << 10;
constexpr int64_t kFrameMinimum = 4;
constexpr size_t kFrameHeaderSize = 9;
constexpr int64_t kBatch = 1000;

// The lowest `size` bytes of `value`, little-endian.
std::string LittleEndian(uint64_t value, int size) {
  char bytes[8];
  absl::little_endian::Store64(bytes, value);
  return std::string(bytes, size);
}

// The shortest two's complement, as LONG1 holds it.
std::string ShortestBytes(int64_t value) {
  int size = 8;
  while (size > 1 && value >> (8 * (size - 1) - 1) == (value < 0 ? -1 : 0)) --size;
  return LittleEndian(static_cast<uint64_t>(value), size);
}

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
  if (value >= 0 && value <= 0xff) {
    Write(absl::StrCat("K", LittleEndian(value, 1)));
  } else if (value >= 0 && value <= 0xffff) {
    Write(absl::StrCat("M", LittleEndian(value, 2)));
  } else if (value >= INT32_MIN && value <= INT32_MAX) {
    Write(absl::StrCat("J", LittleEndian(static_cast<uint64_t>(value), 4)));
  } else {
    const std::string bytes = ShortestBytes(value);
    Write(absl::StrCat("\x8a", LittleEndian(bytes.size(), 1), bytes));
  }
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
  Write(memo <= 0xff ? absl::StrCat("h", LittleEndian(memo, 1)) : absl::StrCat("j", LittleEndian(memo, 4)));
}

void Emitter::Tuple(int size) {
  assert(size >= 0 && size <= 3);
  if (size == 0) BeginValue();
  WriteOpcode(")\x85\x86\x87"[size]);
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
  items_.push_back({.count = count, .done = 0});
  if (count > 1) WriteOpcode('(');
}

// A single item has its own opcode; a last batch that is full is followed by an empty one.
void Emitter::EndItem() {
  Items& items = items_.back();
  ++items.done;
  if (items.count == 1) {
    WriteOpcode('s');
  } else if (items.done % kBatch == 0) {
    Write("u(");
  }
}

void Emitter::EndItems() {
  assert(items_.back().done == items_.back().count);
  if (items_.back().count > 1) WriteOpcode('u');
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
