#include "formats/pickle/emit/encoding.h"

#include <cassert>
#include <cstdint>
#include <string>

#include "absl/base/internal/endian.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge::pickle {
namespace {

constexpr int64_t kBatch = 1000;

// The shortest two's complement, as LONG1 holds it.
std::string ShortestBytes(int64_t value) {
  int size = 8;
  while (size > 1 && value >> (8 * (size - 1) - 1) == (value < 0 ? -1 : 0)) --size;
  return LittleEndian(static_cast<uint64_t>(value), size);
}

}  // namespace

std::string LittleEndian(uint64_t value, int size) {
  char bytes[8];
  absl::little_endian::Store64(bytes, value);
  return std::string(bytes, size);
}

std::string EncodeInt(int64_t value) {
  if (value >= 0 && value <= 0xff) return absl::StrCat("K", LittleEndian(value, 1));
  if (value >= 0 && value <= 0xffff) return absl::StrCat("M", LittleEndian(value, 2));
  if (value >= INT32_MIN && value <= INT32_MAX) return absl::StrCat("J", LittleEndian(static_cast<uint64_t>(value), 4));
  const std::string bytes = ShortestBytes(value);
  return absl::StrCat("\x8a", LittleEndian(bytes.size(), 1), bytes);
}

std::string EncodeGet(uint32_t memo) {
  return memo <= 0xff ? absl::StrCat("h", LittleEndian(memo, 1)) : absl::StrCat("j", LittleEndian(memo, 4));
}

char TupleOpcode(int size) {
  assert(size >= 0 && size <= 3);
  return ")\x85\x86\x87"[size];
}

absl::string_view ItemBatches::Begin() const {
  return count_ > 1 ? "(" : "";
}

absl::string_view ItemBatches::EndItem() {
  ++done_;
  assert(done_ <= count_);
  const bool full = done_ % kBatch == 0;
  if (of_ == Of::kDict) {
    // Only a dict of one item writes it alone; a last batch that is full is followed by an empty one.
    if (count_ == 1) return "s";
    return full ? "u(" : "";
  }
  // A batch of one item writes it alone; none is empty.
  if (done_ == count_) return done_ % kBatch == 1 ? "s" : "u";
  if (full) return count_ - done_ > 1 ? "u(" : "u";
  return "";
}

absl::string_view ItemBatches::End() const {
  assert(done_ == count_);
  return of_ == Of::kDict && count_ > 1 ? "u" : "";
}

}  // namespace weighbridge::pickle
