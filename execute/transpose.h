#ifndef WEIGHBRIDGE_EXECUTE_TRANSPOSE_H_
#define WEIGHBRIDGE_EXECUTE_TRANSPOSE_H_

#include <cstdint>

#include "absl/types/span.h"

namespace weighbridge {

// Element (r, c) of a matrix of `rows` × `columns` elements of 1, 2, 4, 8 or 16 bytes becomes element (c, r) of the target. Pitches are the
// bytes from one row to the next of either matrix, multiples of the element size, to which pointers are aligned. The matrices do not
// overlap. Fast while the rows of both fit the second-level cache. Thread-safe.
void TransposeElements(int64_t item_size, int64_t rows, int64_t columns, const char* source, int64_t source_pitch, char* target,
                       int64_t target_pitch);

// One axis of an array that lies in one order at the source and in another at the target; steps in bytes.
struct PermutedAxis {
  int64_t count;
  int64_t source_step;
  int64_t target_step;
};

// Copies the elements of an array from one layout to another. Of the axes with more than one element, one has source_step == item_size
// and one (perhaps the same) has target_step == item_size. Otherwise as TransposeElements.
void PermuteElements(int64_t item_size, absl::Span<const PermutedAxis> axes, const char* source, char* target);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_TRANSPOSE_H_
