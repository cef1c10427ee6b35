#ifndef WEIGHBRIDGE_VERIFY_ARITHMETIC_H_
#define WEIGHBRIDGE_VERIFY_ARITHMETIC_H_

#include <cstdint>

#include "formats/tensor_spec.h"

namespace weighbridge {

// The arithmetic of Cast and Add in plan/expr.h on arrays of little-endian elements, written a second time: verify shares none of the
// executor's. Every value is held exactly in a wider format and rounded once from there, NaN as expr.h says. Needs the processor's
// default rounding mode, as all C++ does.

// Writes the `count` elements of `in` as `to`. The dtypes differ and are a pair that Cast allows.
void CastElements(DType from, DType to, const char* in, char* out, int64_t count);

// Writes `count` sums to `out`, which may be `left`. `dtype` is one that Add allows.
void AddElements(DType dtype, const char* left, const char* right, char* out, int64_t count);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_ARITHMETIC_H_
