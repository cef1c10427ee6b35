#ifndef WEIGHBRIDGE_VERIFY_COMPARE_VALUE_STATISTICS_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_VALUE_STATISTICS_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// How many numbers are special.
struct SpecialNumbers {
  int64_t nan = 0;
  int64_t positive_infinity = 0;
  int64_t negative_infinity = 0;
  int64_t zero = 0;
  int64_t subnormal = 0;

  int64_t not_finite() const { return nan + positive_infinity + negative_infinity; }
  void Count(double value, double least_normal);
  void Add(const SpecialNumbers& other, int64_t times = 1);
};

// Sums over some of a tensor's numbers; min to sum_of_squares over the finite ones.
struct ValueSums {
  int64_t numbers = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  double sum = 0;
  double sum_of_squares = 0;
  SpecialNumbers special;

  int64_t finite() const { return numbers - special.not_finite(); }
  void Add(const ValueSums& next);
};

// Makes the sums of consecutive chunks of kDigestChunk bytes. Each is added up in one written order, so that the result does not
// depend on the pieces that Update gets: blocks of 1024 numbers, in each eight sums side by side of which number i goes to sum i mod 8. As
// with ChunkDigests, different threads may make those of different parts of a tensor.
class ChunkValues {
 public:
  explicit ChunkValues(DType dtype);

  // Takes the bytes in order, from the beginning of a chunk on, in pieces of any number of whole elements.
  void Update(absl::string_view bytes);
  // One for each chunk that Update brought bytes of. Call once, at the end.
  std::vector<ValueSums> Finish();

 private:
  void AddBlocks(absl::string_view bytes);

  DType dtype_;
  double least_normal_;
  int64_t item_;
  int64_t in_chunk_ = 0;  // Bytes of the last chunk so far.
  std::string rest_;      // Of a block that is not full.
  std::vector<ValueSums> chunks_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_VALUE_STATISTICS_H_
