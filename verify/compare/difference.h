#ifndef WEIGHBRIDGE_VERIFY_COMPARE_DIFFERENCE_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_DIFFERENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "verify/compare/tolerance.h"
#include "verify/compare/value_statistics.h"

namespace weighbridge {

// An element that has other bits than it should.
struct DifferingElement {
  int64_t position = 0;  // In row-major order.
  std::string actual;    // The bytes of both.
  std::string expected;
};

// Counts of ErrorStatistics.ulp_histogram: 0, 1, 2, up to 4, up to 8, …, up to 2^20, more.
inline constexpr size_t kUlpBins = 23;

// What is known about the elements of a part of a tensor that have other bits than they should. An error is the actual value minus the
// expected one; sums of errors are over numbers that are finite on both sides.
struct Difference {
  int64_t elements = 0;
  int64_t beyond_tolerance = 0;
  DifferingElement first;
  // The greatest absolute error, the first of several. What has no finite error is greater than all that have.
  DifferingElement worst;
  double worst_error = -1;

  int64_t numbers = 0;  // In these elements.
  int64_t finite = 0;   // Of them, finite on both sides;
  int64_t nonzero = 0;  // of these, expected to be other than zero.
  double max_absolute = 0;
  double sum_absolute = 0;
  double sum_signed = 0;
  double max_relative = 0;
  double sum_relative = 0;
  // Numbers that are NaN on neither side, by how many representable values they are apart: 0, 1, 2, 3–4, 5–8, …, 2^19+1–2^20, more.
  std::array<int64_t, kUlpBins> ulp_histogram{};
  int64_t nan_payloads = 0;  // NaN on both sides, with other bits.
  SpecialNumbers actual;
  SpecialNumbers expected;

  // Adds what was found in the next part: sums depend on the order of parts, which is the tensor's.
  void Add(const Difference& next);
};

// Compares parts of a tensor, element by element.
class DifferenceFinder {
 public:
  DifferenceFinder(DType dtype, const Tolerance& tolerance);

  // Takes the next elements, the first of which has that position; both sides have as many bytes.
  void Compare(int64_t position, absl::string_view actual, absl::string_view expected);

  const Difference& found() const { return found_; }

 private:
  // A number, or a part of a complex one, of an element that differs.
  struct Number {
    const char* actual;
    const char* expected;
    double actual_value;
    double expected_value;
  };

  void CompareBlock(int64_t position, const char* actual, const char* expected, int64_t count);
  // Returns the absolute error, or infinity where that is no finite number, and clears `within` where it is beyond the tolerance.
  double AddNumber(const Number& number, bool& within);

  DType dtype_;
  DType number_;
  Tolerance tolerance_;
  double least_normal_;
  Difference found_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_DIFFERENCE_H_
