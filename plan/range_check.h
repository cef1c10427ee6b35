#ifndef WEIGHBRIDGE_PLAN_RANGE_CHECK_H_
#define WEIGHBRIDGE_PLAN_RANGE_CHECK_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"

namespace weighbridge {

// The CRC-32 of some pieces of a range, given in ascending order. Shifted to its place in the whole range, it is a summand of the range's
// CRC-32: CRCs of disjoint parts, each followed by zeros up to the end, add up by exclusive or.
class PiecesCrc {
 public:
  // The next piece, at `offset`, which is not below the end of the one before.
  void Append(int64_t offset, absl::string_view bytes);

  // The summand in a range that ends at `end`.
  uint32_t ShiftedTo(int64_t end) const;
  int64_t bytes() const { return bytes_; }

 private:
  uint32_t crc_ = 0;
  int64_t end_ = 0;
  int64_t bytes_ = 0;
  // zlib's operator for the last distance between the ends of two pieces, which is nearly always the next one's too.
  int64_t distance_ = 0;
  uint32_t shift_ = 0;
};

// Checks a checksummed range whose bytes are read in pieces, in any order, by several threads, each byte once. Thread-safe.
class RangeCheck {
 public:
  // `range` must outlive this and is not empty.
  explicit RangeCheck(const ChecksummedRange& range) : range_(range), remaining_(range.size) {}

  // Takes pieces at offsets in the range's source. With the last of the range's bytes, DataLoss if the CRC-32 is not what the container
  // says.
  absl::Status Add(const PiecesCrc& pieces);

 private:
  const ChecksummedRange& range_;
  std::atomic<uint32_t> crc_ = 0;
  std::atomic<int64_t> remaining_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_PLAN_RANGE_CHECK_H_
