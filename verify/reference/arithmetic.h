#ifndef WEIGHBRIDGE_VERIFY_REFERENCE_ARITHMETIC_H_
#define WEIGHBRIDGE_VERIFY_REFERENCE_ARITHMETIC_H_

#include <cstdint>

#include "formats/tensor_spec.h"

namespace weighbridge {

// The arithmetic of Cast and Add in expr/operation.h on arrays of little-endian elements, written a second time: verify shares none of the
// executor's. The names differ from those of execute/kernels.h, for a linker would take the one for the other without a word. Every value
// is held exactly in a wider format and rounded once from there, NaN as expr.h says. Needs the processor's default rounding mode, as all
// C++ does.

// Writes the `count` elements of `in` as `to`. The dtypes differ and are a pair that Cast allows.
void ReferenceCast(DType from, DType to, const char* in, char* out, int64_t count);

// Writes `count` sums to `out`, which may be `left`. `dtype` is one that Add allows.
void ReferenceAdd(DType dtype, const char* left, const char* right, char* out, int64_t count);

// How many elements a cast changed: it narrows, and the value after is another than before. NaN does not count.
struct CastLoss {
  int64_t changed = 0;    // Those of the other kinds among them.
  int64_t saturated = 0;  // Finite before, infinite after.
  int64_t flushed = 0;    // Zero only after.

  void Add(const CastLoss& other) {
    changed += other.changed;
    saturated += other.saturated;
    flushed += other.flushed;
  }
};

// What ReferenceCast lost when it made `out` of `in`.
CastLoss CountCastLoss(DType from, DType to, const char* in, const char* out, int64_t count);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REFERENCE_ARITHMETIC_H_
