#ifndef WEIGHBRIDGE_VERIFY_COMPARE_TOLERANCE_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_TOLERANCE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// How far floating-point and complex numbers may be from what they should be; of every other dtype all bits count. Equal bits always
// pass. Beyond exact equality NaN equals NaN whatever its bits, an infinity equals only itself, and zeros of both signs are equal.
struct Tolerance {
  enum class Kind {
    kExact,   // All bits.
    kTorch,   // torch.testing.assert_close's defaults for the dtype.
    kPaddle,  // Those of Paddle's OpTest for the dtype, relative and absolute; all bits for dtypes for which it has none.
    kUlp,     // So many representable values apart.
    kBounds,  // |actual - expected| <= absolute + relative * |expected|.
  };
  Kind kind = Kind::kExact;
  uint64_t ulp = 0;
  double absolute = 0;
  double relative = 0;
};

// "exact", "torch", "paddle", "ulp:N", "abs:X,rel:Y" (or one of the two, the other is 0). InvalidArgument for anything else.
absl::StatusOr<Tolerance> ParseTolerance(absl::string_view text);

// One that holds for `dtype` alone: never kTorch or kPaddle, and exact wherever all bits count.
Tolerance ToleranceFor(const Tolerance& tolerance, DType dtype);

// Whether numbers with these values, so many representable values apart, are near enough. Their bits differ, and `tolerance` is one that
// ToleranceFor gave.
bool IsWithin(const Tolerance& tolerance, double actual, double expected, uint64_t ulp);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_TOLERANCE_H_
