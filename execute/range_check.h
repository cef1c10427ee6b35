#ifndef WEIGHBRIDGE_EXECUTE_RANGE_CHECK_H_
#define WEIGHBRIDGE_EXECUTE_RANGE_CHECK_H_

#include "absl/status/status.h"
#include "execute/range_crc.h"
#include "formats/checkpoint.h"

namespace weighbridge {

// Checks a checksummed range whose bytes are read in pieces, in any order, by several threads, each byte once. Thread-safe.
class RangeCheck {
 public:
  // `range` must outlive this and is not empty.
  explicit RangeCheck(const ChecksummedRange& range) : range_(range), crc_(range.offset, range.size) {}

  // Takes pieces at offsets in the range's source. With the last of the range's bytes, DataLoss if the CRC-32 is not what the container
  // says.
  absl::Status Add(const PiecesCrc& pieces);

 private:
  const ChecksummedRange& range_;
  RangeCrc crc_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_RANGE_CHECK_H_
