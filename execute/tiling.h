#ifndef WEIGHBRIDGE_EXECUTE_TILING_H_
#define WEIGHBRIDGE_EXECUTE_TILING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "execute/box.h"
#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// A leaf of a tiled box.
struct TiledLeaf {
  const Expr* read;
  // The leaf's elements, the axes by descending stride: in row-major order they stand as they follow each other in the source.
  StoredTensor tensor;
  std::vector<size_t> axes;  // Axis k of `tensor` is axis axes[k] of the box.
};

// A box of the normal form as nested loops, cut into bands and these into tiles. A band is what is written at once; it is made in a buffer
// in the order of the output. A tile is what is evaluated at once, small enough for the processor's cache, in the order in which the
// first leaf's elements lie in its source, so that reading is sequential; where that differs from the output's order, tiles are
// transposed into the band.
struct TiledBox {
  // The loops over the box, outermost first, in the output's order: at least one, which makes them the axes of its bands and tiles.
  // Neighbours that are one run in the output and in every leaf are one.
  std::vector<int64_t> extents;
  std::vector<int64_t> output_steps;  // Elements of the output from one index to the next.
  int64_t output_origin;              // The box's first element in the output.
  std::vector<TiledLeaf> leaves;
  std::vector<Instruction> program;
  int stack_depth;
  std::vector<size_t> order;  // Axes in evaluation order, outermost first.
  std::vector<int64_t> band;  // Extents of a band; those at the box's ends may be smaller.
  std::vector<int64_t> tile;  // Extents of a tile in a band, likewise.

  DType dtype() const { return ResultDType(program.back()); }
  // Evaluation runs in the output's order: nothing is transposed.
  bool IsInOrder() const;
  // In order, and nothing to compute: a tile is a band, made in place.
  bool IsPlainCopy() const;
};

// Bytes that a band, and all buffers of the evaluation of one tile, may take; exceeded where a single element does not fit.
struct TilingLimits {
  int64_t band;
  int64_t tile;
};

// Cuts a box. Band shapes make both the pieces that are read and those that are written long; no source byte is read twice. Internal when a
// leaf leaves its source.
absl::StatusOr<TiledBox> TileBox(Box box, const TilingLimits& limits);

// The bytes of each buffer for values on the evaluation stack of `box`, which has stack_depth + 1 of them.
int64_t SlotBytes(const TiledBox& box);

// How many parts of `part` a space of `extents` is cut into, and the `index`-th of them in row-major order.
int64_t CountParts(absl::Span<const int64_t> extents, absl::Span<const int64_t> part);
Region PartAt(absl::Span<const int64_t> extents, absl::Span<const int64_t> part, int64_t index);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_TILING_H_
