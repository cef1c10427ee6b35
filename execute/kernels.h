#ifndef WEIGHBRIDGE_EXECUTE_KERNELS_H_
#define WEIGHBRIDGE_EXECUTE_KERNELS_H_

#include <cstdint>

#include "formats/tensor_spec.h"

namespace weighbridge {

// The executor's arithmetic on arrays, with the best vector instructions that this processor has; the result does not depend on them.
// Integer operations on the bits wherever a processor might differ (NaN, subnormals). Each element comes out as the function of
// expr/float_bits.h says. Pointers are aligned to their elements; counts may be 0. Thread-safe.

// Casts `count` elements. The dtypes differ and are a pair that Cast (expr/operation.h) allows. The arrays do not overlap.
void CastElements(DType from, DType to, const char* source, char* target, int64_t count);

// Adds `count` elements of float16, bfloat16 or float32. `sum` may be `left` or `right`.
void AddElements(DType dtype, const char* left, const char* right, char* sum, int64_t count);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_KERNELS_H_
