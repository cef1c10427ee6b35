#ifndef WEIGHBRIDGE_EXECUTE_RANGE_CRC_H_
#define WEIGHBRIDGE_EXECUTE_RANGE_CRC_H_

#include <atomic>
#include <cstdint>

#include "absl/strings/string_view.h"

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

// The CRC-32 of a range whose bytes come in pieces, in any order, from several threads, each byte once. Thread-safe.
class RangeCrc {
 public:
  // The bytes [offset, offset + size) of what is read or written; may be empty.
  RangeCrc(int64_t offset, int64_t size) : end_(offset + size), missing_(size) {}

  // Takes pieces at offsets in the range. True with the last of the range's bytes.
  bool Add(const PiecesCrc& pieces) {
    sum_ ^= pieces.ShiftedTo(end_);
    return (missing_ -= pieces.bytes()) == 0;
  }

  // The CRC-32, once no byte is missing.
  uint32_t value() const { return sum_; }

 private:
  const int64_t end_;
  std::atomic<uint32_t> sum_ = 0;
  std::atomic<int64_t> missing_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_RANGE_CRC_H_
