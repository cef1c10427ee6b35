#ifndef WEIGHBRIDGE_VERIFY_EXPLAIN_CAST_THROUGH_H_
#define WEIGHBRIDGE_VERIFY_EXPLAIN_CAST_THROUGH_H_

#include "expr/expr.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// The expression as a careless conversion would compute it: the result of every cast and sum is rounded to `through` first, sums from
// float32 operands. Null where nothing in the expression rounds or such a cast does not exist.
ExprPtr CastThrough(const ExprPtr& expr, DType through);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_EXPLAIN_CAST_THROUGH_H_
