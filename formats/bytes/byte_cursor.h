#ifndef WEIGHBRIDGE_FORMATS_BYTES_BYTE_CURSOR_H_
#define WEIGHBRIDGE_FORMATS_BYTES_BYTE_CURSOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {

// Reads numbers and texts from a range of a ByteSource, front to back, and never beyond its end: the only parser of integers from files.
// Integers are little-endian. A read that would pass the end fails with DataLoss, naming source, offset and what was wanted, and moves
// nothing. Keeps one window of the source in memory; large payloads are passed with Skip and read by others. Not thread-safe; the
// source must outlive the cursor.
class ByteCursor {
 public:
  explicit ByteCursor(const ByteSource& source) : ByteCursor(source, 0, source.size()) {}

  // The range [begin, end) of `source`, which lies inside it.
  ByteCursor(const ByteSource& source, int64_t begin, int64_t end);

  const ByteSource& source() const { return source_; }
  // Of the next byte, in bytes from the start of the source.
  int64_t position() const { return position_; }
  // Bytes up to the end of the range.
  int64_t remaining() const { return end_ - position_; }

  absl::StatusOr<uint8_t> ReadU8();
  absl::StatusOr<uint16_t> ReadU16();
  absl::StatusOr<uint32_t> ReadU32();
  absl::StatusOr<uint64_t> ReadU64();
  absl::StatusOr<int32_t> ReadI32();
  absl::StatusOr<int64_t> ReadI64();
  // A u64 that counts bytes or elements: DataLoss when it exceeds int64.
  absl::StatusOr<int64_t> ReadSize();
  // Big-endian, as pickle's BINFLOAT.
  absl::StatusOr<double> ReadF64BigEndian();

  // The next `size` bytes. Memory is taken only after they are known to be there. DataLoss also for a negative size.
  absl::StatusOr<std::string> ReadString(int64_t size);

  // The bytes up to the next '\n', which is passed and not returned. DataLoss when none of the next `limit` bytes is one.
  absl::StatusOr<std::string> ReadLine(int64_t limit);

  // The next byte, which stays the next.
  absl::StatusOr<uint8_t> PeekU8();

  // Passes `size` bytes without reading them. DataLoss as ReadString.
  absl::Status Skip(int64_t size);

 private:
  // Makes the next `size` <= kWindow bytes available as window_[position_ - window_begin_ …].
  absl::StatusOr<const char*> Need(int64_t size);
  absl::Status CheckRemaining(int64_t size) const;
  template <typename T>
  absl::StatusOr<T> ReadInteger();

  const ByteSource& source_;
  int64_t position_;
  int64_t end_;
  std::vector<char> window_;
  int64_t window_begin_ = 0;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_BYTES_BYTE_CURSOR_H_
