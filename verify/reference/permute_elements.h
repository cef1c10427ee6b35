#ifndef WEIGHBRIDGE_VERIFY_REFERENCE_PERMUTE_ELEMENTS_H_
#define WEIGHBRIDGE_VERIFY_REFERENCE_PERMUTE_ELEMENTS_H_

#include <cstdint>

#include "absl/types/span.h"

namespace weighbridge {

// Writes to `out`, in row-major order, the array whose axis k is axis axes[k] of the row-major array `in`. `shape` is that of `in`;
// elements are `item` bytes, 1 to 16. The arrays do not overlap.
void PermuteElements(const char* in, absl::Span<const int64_t> shape, absl::Span<const int64_t> axes, int64_t item, char* out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REFERENCE_PERMUTE_ELEMENTS_H_
