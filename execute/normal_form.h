#ifndef WEIGHBRIDGE_EXECUTE_NORMAL_FORM_H_
#define WEIGHBRIDGE_EXECUTE_NORMAL_FORM_H_

#include <vector>

#include "absl/status/statusor.h"
#include "execute/box.h"
#include "expr/expr.h"

namespace weighbridge {

// The boxes of the tensor that `expr` defines. They cover each of its elements exactly once; there are none when it has no elements.
// Slices, pads, concats, permutes and reshapes are gone: they have become origins, loops and strides. Correct because such views commute
// with pointwise operations. A cast to the same dtype and a cast or sum of zeros alone disappear. Unimplemented where something is done
// with a reshape along its axes that no loops can follow: [3, 2] transposed can become [6], but not [2, 3] and be transposed again.
absl::StatusOr<std::vector<Box>> Normalize(const Expr& expr);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_NORMAL_FORM_H_
