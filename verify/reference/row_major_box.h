#ifndef WEIGHBRIDGE_VERIFY_REFERENCE_ROW_MAJOR_BOX_H_
#define WEIGHBRIDGE_VERIFY_REFERENCE_ROW_MAJOR_BOX_H_

#include <cstdint>

#include "absl/types/span.h"
#include "formats/stored_tensor.h"

namespace weighbridge {

// The largest box of elements that follow each other in row-major order, begin with element number `position` and are at most `limit`.
// Taking boxes one after the other, each where the last one ended, walks through a tensor or any part of it. `position` is below the
// number of elements of `shape`, and `limit` at least 1.
Region RowMajorBox(absl::Span<const int64_t> shape, int64_t position, int64_t limit);

// The number of elements of a region that lies inside a tensor.
int64_t ElementCountOf(absl::Span<const IndexRange> region);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_REFERENCE_ROW_MAJOR_BOX_H_
