#include "verify/reference/row_major_box.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "formats/stored_tensor.h"

namespace weighbridge {

Region RowMajorBox(absl::Span<const int64_t> shape, int64_t position, int64_t limit) {
  // The box holds whole steps of the outermost axis on which one step begins at `position` and is within the limit.
  size_t axis = shape.size();
  int64_t step = 1;
  while (axis > 0 && step <= limit && position % step == 0) step *= shape[--axis];
  if (step <= limit && position % step == 0) return WholeRegion(shape);
  step /= shape[axis];

  Region box = WholeRegion(shape);
  int64_t number = position / step;
  const int64_t index = number % shape[axis];
  box[axis] = {index, index + std::min(limit / step, shape[axis] - index)};
  number /= shape[axis];
  while (axis-- > 0) {
    box[axis] = {number % shape[axis], number % shape[axis] + 1};
    number /= shape[axis];
  }
  return box;
}

int64_t ElementCountOf(absl::Span<const IndexRange> region) {
  int64_t count = 1;
  for (const IndexRange& range : region) count *= range.size();
  return count;
}

}  // namespace weighbridge
