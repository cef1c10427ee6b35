#include "execute/tiling.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "execute/box.h"
#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

// Elements that a band under a transpose wants along the source's rows before it grows along the output's: long enough for reading.
constexpr int64_t kReadRun = 2048;
// Bytes of a band without a transpose: long enough for reading and writing, and still in the cache between them.
constexpr int64_t kInOrderBand = int64_t{2} << 20;
// Elements that a tile under a transpose has at least along the output's rows: whole cache lines, for every element size.
constexpr int64_t kTransposedRun = 64;

absl::StatusOr<TiledLeaf> TileLeaf(const Leaf& leaf, absl::Span<const Loop> loops, size_t index) {
  std::vector<size_t> axes(loops.size());
  std::iota(axes.begin(), axes.end(), size_t{0});
  // A step of zero, which repeats everything inside it, is as good as the longest.
  const auto step = [&](size_t axis) { return loops[axis].strides[index] == 0 ? kAll : loops[axis].strides[index]; };
  std::stable_sort(axes.begin(), axes.end(), [&](size_t a, size_t b) { return step(a) > step(b); });
  Shape shape;
  std::vector<int64_t> strides;
  for (size_t axis : axes) {
    shape.push_back(loops[axis].extent);
    strides.push_back(loops[axis].strides[index]);
  }
  TensorSpec spec = {leaf.read->spec().dtype, std::move(shape)};
  absl::StatusOr<StoredTensor> tensor =
      StoredTensor::Create(std::move(spec), leaf.read->tensor().source(), leaf.offset, std::move(strides));
  if (!tensor.ok()) return absl::InternalError(absl::StrCat(leaf.read->tensor_label(), ": ", tensor.status().message()));
  return TiledLeaf{leaf.read, *std::move(tensor), std::move(axes)};
}

// Extents of parts of a space, grown from single elements.
class Part {
 public:
  Part(absl::Span<const int64_t> space, int64_t budget) : space_(space), room_(std::max<int64_t>(budget, 1)), extents_(space.size(), 1) {}

  // Grows an axis to `limit`, or as far as space and budget allow; parts along it come out about equally long.
  void Grow(size_t axis, int64_t limit) {
    room_ *= extents_[axis];
    const int64_t most = std::max<int64_t>(std::min({space_[axis], limit, room_}), 1);
    const int64_t parts = (space_[axis] + most - 1) / most;
    const int64_t even = (space_[axis] + parts - 1) / parts;
    const int64_t rounded = (even + 63) / 64 * 64;
    extents_[axis] = std::max(extents_[axis], rounded <= most ? rounded : even);
    room_ /= extents_[axis];
  }

  const std::vector<int64_t>& extents() const { return extents_; }

 private:
  absl::Span<const int64_t> space_;
  int64_t room_;  // How many times larger the part may become.
  std::vector<int64_t> extents_;
};

std::vector<int64_t> BandShape(const TiledBox& box, int64_t budget) {
  Part band(box.extents, budget);
  const size_t read_axis = box.order.back();
  const size_t write_axis = box.extents.size() - 1;
  if (read_axis != write_axis) {
    band.Grow(read_axis, std::min(kReadRun, static_cast<int64_t>(std::sqrt(budget))));
    band.Grow(write_axis, kAll);
    band.Grow(read_axis, kAll);
  }
  for (size_t axis = box.extents.size(); axis-- > 0;) band.Grow(axis, kAll);
  return band.extents();
}

std::vector<int64_t> TileShape(const TiledBox& box, int64_t budget) {
  if (box.IsPlainCopy()) return box.band;
  Part tile(box.band, budget);
  // Where leaves lie in different orders each of them should be read in runs.
  bool mixed = false;
  for (const TiledLeaf& leaf : box.leaves) mixed |= leaf.axes.back() != box.order.back();
  const int64_t side = mixed ? static_cast<int64_t>(std::sqrt(budget)) : kTransposedRun;
  for (const TiledLeaf& leaf : box.leaves) {
    if (mixed) tile.Grow(leaf.axes.back(), side);
  }
  if (box.order.back() != box.extents.size() - 1) tile.Grow(box.extents.size() - 1, side);
  for (size_t k = box.order.size(); k-- > 0;) tile.Grow(box.order[k], kAll);
  return tile.extents();
}

int64_t WidestItem(absl::Span<const Instruction> program) {
  int64_t widest = 1;
  for (const Instruction& instruction : program) widest = std::max(widest, ItemSize(ResultDType(instruction)));
  return widest;
}

}  // namespace

bool TiledBox::IsInOrder() const {
  return std::is_sorted(order.begin(), order.end());
}

bool TiledBox::IsPlainCopy() const {
  return program.size() == 1 && IsInOrder();
}

absl::StatusOr<TiledBox> TileBox(Box box, const TilingLimits& limits) {
  MergeLoops(box);
  if (box.loops.empty()) box.loops.push_back({1, 1, std::vector<int64_t>(box.leaves.size(), 1)});
  TiledBox tiled;
  tiled.output_origin = box.origin;
  for (const Loop& loop : box.loops) {
    tiled.extents.push_back(loop.extent);
    tiled.output_steps.push_back(loop.step);
  }
  for (size_t k = 0; k < box.leaves.size(); ++k) {
    ASSIGN_OR_RETURN(TiledLeaf leaf, TileLeaf(box.leaves[k], box.loops, k));
    tiled.leaves.push_back(std::move(leaf));
  }
  tiled.program = box.program;
  tiled.stack_depth = box.StackDepth();
  if (tiled.leaves.empty()) {
    tiled.order.resize(box.loops.size());
    std::iota(tiled.order.begin(), tiled.order.end(), size_t{0});
  } else {
    tiled.order = tiled.leaves[0].axes;
  }
  const int64_t band_bytes = tiled.IsInOrder() ? std::min(limits.band, kInOrderBand) : limits.band;
  tiled.band = BandShape(tiled, band_bytes / ItemSize(tiled.dtype()));
  tiled.tile = TileShape(tiled, limits.tile / ((tiled.stack_depth + 1) * WidestItem(tiled.program)));
  return tiled;
}

int64_t SlotBytes(const TiledBox& box) {
  if (box.IsPlainCopy()) return 0;
  int64_t bytes = WidestItem(box.program);
  for (int64_t extent : box.tile) bytes *= extent;
  return bytes;
}

int64_t CountParts(absl::Span<const int64_t> extents, absl::Span<const int64_t> part) {
  int64_t count = 1;
  for (size_t k = 0; k < extents.size(); ++k) count *= (extents[k] + part[k] - 1) / part[k];
  return count;
}

Region PartAt(absl::Span<const int64_t> extents, absl::Span<const int64_t> part, int64_t index) {
  Region region(extents.size());
  for (size_t k = extents.size(); k-- > 0;) {
    const int64_t along = (extents[k] + part[k] - 1) / part[k];
    const int64_t begin = index % along * part[k];
    region[k] = {begin, std::min(begin + part[k], extents[k])};
    index /= along;
  }
  return region;
}

}  // namespace weighbridge
