#ifndef WEIGHBRIDGE_VERIFY_REFERENCE_EVALUATE_H_
#define WEIGHBRIDGE_VERIFY_REFERENCE_EVALUATE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "verify/reference/arithmetic.h"
#include "verify/reference/scratch.h"

namespace weighbridge {

// The reference evaluation: the elements of `region` of the tensor that `expr` defines, in row-major order, little-endian, into `out`,
// which has exactly their bytes. A direct reading of each operation's definition in expr/operation.h, by verify's own arithmetic: it shares
// nothing with the executor but the readers. Elements that are only moved are copied as bits.
//
// Works in `scratch`, beside at most 4 MiB that ReadRegion keeps; ResourceExhausted when less than EvaluationBytes is available there.
// Fails as ReadRegion does, naming the stored tensor. What all casts lost on the way is added to `loss`, if there is one.
absl::Status Evaluate(const Expr& expr, absl::Span<const IndexRange> region, absl::Span<char> out, Scratch& scratch,
                      CastLoss* loss = nullptr);

// The scratch memory that Evaluate needs for a region of that many elements: linear in `elements`.
int64_t EvaluationBytes(const Expr& expr, int64_t elements);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REFERENCE_EVALUATE_H_
