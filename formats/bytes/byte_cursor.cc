#include "formats/bytes/byte_cursor.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/base/internal/endian.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"

namespace weighbridge {
namespace {

constexpr int64_t kWindow = int64_t{64} << 10;
// After a jump: behind a payload that was passed there often comes a little, then the next payload.
constexpr int64_t kFirstWindow = int64_t{4} << 10;

}  // namespace

ByteCursor::ByteCursor(const ByteSource& source, int64_t begin, int64_t end) : source_(source), position_(begin), end_(end) {}

absl::Status ByteCursor::CheckRemaining(int64_t size) const {
  if (size < 0 || size > remaining()) {
    return absl::DataLossError(
        absl::StrCat("reading ", source_.name(), ": ", size, " bytes are wanted at offset ", position_, ", ", remaining(), " are left"));
  }
  return absl::OkStatus();
}

absl::StatusOr<const char*> ByteCursor::Need(int64_t size) {
  RETURN_IF_ERROR(CheckRemaining(size));
  const int64_t window_end = window_begin_ + static_cast<int64_t>(window_.size());
  if (position_ < window_begin_ || position_ + size > window_end) {
    // A jump over less than that would be read in any case.
    const bool goes_on = window_begin_ <= position_ && position_ <= window_end + kFirstWindow;
    const int64_t wanted = goes_on ? std::min<int64_t>(2 * window_.size(), kWindow) : 0;
    window_.resize(std::min(std::max({wanted, kFirstWindow, size}), remaining()));
    window_begin_ = position_;
    if (absl::Status status = source_.ReadAt(position_, absl::MakeSpan(window_)); !status.ok()) {
      window_.clear();
      return status;
    }
  }
  return window_.data() + (position_ - window_begin_);
}

template <typename T>
absl::StatusOr<T> ByteCursor::ReadInteger() {
  ASSIGN_OR_RETURN(const char* bytes, Need(sizeof(T)));
  position_ += sizeof(T);
  if constexpr (sizeof(T) == 1) return static_cast<T>(*bytes);
  if constexpr (sizeof(T) == 2) return static_cast<T>(absl::little_endian::Load16(bytes));
  if constexpr (sizeof(T) == 4) return static_cast<T>(absl::little_endian::Load32(bytes));
  if constexpr (sizeof(T) == 8) return static_cast<T>(absl::little_endian::Load64(bytes));
}

absl::StatusOr<uint8_t> ByteCursor::ReadU8() {
  return ReadInteger<uint8_t>();
}
absl::StatusOr<uint16_t> ByteCursor::ReadU16() {
  return ReadInteger<uint16_t>();
}
absl::StatusOr<uint32_t> ByteCursor::ReadU32() {
  return ReadInteger<uint32_t>();
}
absl::StatusOr<uint64_t> ByteCursor::ReadU64() {
  return ReadInteger<uint64_t>();
}
absl::StatusOr<int32_t> ByteCursor::ReadI32() {
  return ReadInteger<int32_t>();
}
absl::StatusOr<int64_t> ByteCursor::ReadI64() {
  return ReadInteger<int64_t>();
}

absl::StatusOr<int64_t> ByteCursor::ReadSize() {
  absl::StatusOr<int64_t> size = ReadI64();
  if (size.ok() && *size < 0) {
    position_ -= static_cast<int64_t>(sizeof(int64_t));
    return absl::DataLossError(
        absl::StrCat("reading ", source_.name(), ": the size ", static_cast<uint64_t>(*size), " at offset ", position_, " exceeds 2^63"));
  }
  return size;
}

absl::StatusOr<double> ByteCursor::ReadF64BigEndian() {
  ASSIGN_OR_RETURN(uint64_t bits, ReadU64());
  return std::bit_cast<double>(absl::gbswap_64(bits));
}

absl::StatusOr<std::string> ByteCursor::ReadString(int64_t size) {
  RETURN_IF_ERROR(CheckRemaining(size));
  std::string bytes(size, '\0');
  if (size <= kWindow) {
    ASSIGN_OR_RETURN(const char* window, Need(size));
    std::memcpy(bytes.data(), window, size);
  } else {
    RETURN_IF_ERROR(source_.ReadAt(position_, absl::MakeSpan(bytes)));
  }
  position_ += size;
  return bytes;
}

absl::StatusOr<std::string> ByteCursor::ReadLine(int64_t limit) {
  std::string line;
  const int64_t start = position_;
  while (static_cast<int64_t>(line.size()) < limit && remaining() > 0) {
    absl::StatusOr<uint8_t> byte = ReadU8();
    if (!byte.ok()) {
      position_ = start;
      return byte.status();
    }
    if (*byte == '\n') return line;
    line.push_back(static_cast<char>(*byte));
  }
  position_ = start;
  return absl::DataLossError(
      absl::StrCat("reading ", source_.name(), ": the line at offset ", start, " has no end within ", limit, " bytes"));
}

absl::StatusOr<uint8_t> ByteCursor::PeekU8() {
  ASSIGN_OR_RETURN(const char* byte, Need(1));
  return static_cast<uint8_t>(*byte);
}

absl::Status ByteCursor::Skip(int64_t size) {
  RETURN_IF_ERROR(CheckRemaining(size));
  position_ += size;
  return absl::OkStatus();
}

}  // namespace weighbridge
