#ifndef WEIGHBRIDGE_VERIFY_EVALUATE_H_
#define WEIGHBRIDGE_VERIFY_EVALUATE_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "formats/stored_tensor.h"
#include "plan/expr.h"

namespace weighbridge {

// The reference arithmetic: the elements of `region` of the tensor that `expr` defines, in row-major order, little-endian, into `out`, which
// has exactly their bytes. A direct reading of each operation's definition in plan/expr.h: values are taken through double, in which every
// sum of two float16, bfloat16 or float32 values that matters here is exact or is rounded once from the exact sum; it shares no arithmetic with the executor.
// Takes at most a few times the memory of `out`. Fails as ReadRegion does, naming the stored tensor.
absl::Status Evaluate(const Expr& expr, absl::Span<const IndexRange> region, absl::Span<char> out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_EVALUATE_H_
