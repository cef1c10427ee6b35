#include "execute/band_maker.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/overloaded.h"
#include "base/status.h"
#include "execute/box.h"
#include "execute/kernels.h"
#include "execute/range_check.h"
#include "execute/range_crc.h"
#include "execute/runs.h"
#include "execute/tiling.h"
#include "execute/transpose.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// Runs of at least so many bytes are read where they are wanted; shorter ones are left to ReadRegion, which reads neighbours together.
constexpr int64_t kLongRun = 2048;

std::vector<int64_t> Extents(const Region& region) {
  std::vector<int64_t> extents;
  for (const IndexRange& range : region) extents.push_back(range.size());
  return extents;
}

int64_t Count(const Region& region) {
  int64_t count = 1;
  for (const IndexRange& range : region) count *= range.size();
  return count;
}

// Reads the elements of `region`, in row-major order, to `out`.
absl::Status ReadChecked(const StoredTensor& tensor, const Region& region, RangeCheck* check, char* out) {
  const int64_t item = ItemSize(tensor.spec().dtype);
  const Runs runs(tensor.strides(), region);
  const int64_t run_bytes = runs.length() * item;
  const bool by_runs = runs.count() == 1 || run_bytes >= kLongRun;
  if (!by_runs) {
    RETURN_IF_ERROR(ReadRegion(tensor, region, absl::MakeSpan(out, Count(region) * item)));
    if (check == nullptr) return absl::OkStatus();
  }
  PiecesCrc pieces;
  absl::Status status = runs.ForEach([&](int64_t element) {
    const int64_t offset = tensor.offset() + element * item;
    absl::Status read = by_runs ? tensor.source()->ReadAt(offset, absl::MakeSpan(out, run_bytes)) : absl::OkStatus();
    if (check != nullptr && read.ok()) pieces.Append(offset, absl::string_view(out, run_bytes));
    out += run_bytes;
    return read;
  });
  return status.ok() && check != nullptr ? check->Add(pieces) : status;
}

// The axes of `region` for PermuteElements: in the order of `source_axes` (outermost first) at the source, within `target` in axis order.
std::vector<PermutedAxis> PermutedAxes(int64_t item, const Region& region, absl::Span<const size_t> source_axes,
                                       absl::Span<const size_t> target_axes, const std::vector<int64_t>& target_extents) {
  std::vector<PermutedAxis> axes(region.size());
  for (size_t k = 0; k < region.size(); ++k) axes[k].count = region[k].size();
  int64_t source_step = item;
  for (size_t k = source_axes.size(); k-- > 0;) {
    axes[source_axes[k]].source_step = source_step;
    source_step *= region[source_axes[k]].size();
  }
  int64_t target_step = item;
  for (size_t k = target_axes.size(); k-- > 0;) {
    axes[target_axes[k]].target_step = target_step;
    target_step *= target_extents[target_axes[k]];
  }
  return axes;
}

}  // namespace

Buffer::Buffer(int64_t bytes) {
  // Transposes touch many pages in turn: huge ones, where the system has them, spare it most look-ups of addresses.
  constexpr int64_t kHugePage = int64_t{2} << 20;
  const int64_t alignment = bytes >= kHugePage ? kHugePage : 4096;
  const int64_t rounded = (bytes + alignment - 1) / alignment * alignment;
  if (rounded == 0) return;
  data_.reset(static_cast<char*>(std::aligned_alloc(alignment, rounded)));
  if (data_ == nullptr) throw std::bad_alloc();
  if (alignment == kHugePage) madvise(data_.get(), rounded, MADV_HUGEPAGE);
}

void Buffer::Free::operator()(char* data) const {
  std::free(data);
}

absl::Status BandMaker::Load(const TiledBox& box, size_t leaf_index, RangeCheck* check, const Region& tile, char* to) {
  const TiledLeaf& leaf = box.leaves[leaf_index];
  Region region;
  for (size_t axis : leaf.axes) region.push_back(tile[axis]);
  const bool in_order = leaf.axes == box.order;
  char* read_to = in_order ? to : slots_.back();
  RETURN_IF_ERROR(ReadChecked(leaf.tensor, region, check, read_to), Annotate(_, leaf.read->tensor_label()));
  if (!in_order) {
    const int64_t item = ItemSize(leaf.tensor.spec().dtype);
    PermuteElements(item, PermutedAxes(item, tile, leaf.axes, box.order, Extents(tile)), read_to, to);
  }
  return absl::OkStatus();
}

// Evaluates in the slots, in evaluation order. The last instruction puts its result straight into the band where a tile is one run of it.
absl::Status BandMaker::MakeTile(const TiledBox& box, absl::Span<RangeCheck* const> checks, const Region& band, const Region& tile,
                                 char* out) {
  const int64_t item = ItemSize(box.dtype());
  const std::vector<int64_t> band_extents = Extents(band);
  int64_t position = 0;  // Of the tile's first element in the band.
  int64_t run = 1;       // Elements of the tile that follow each other in the band.
  int64_t step = 1;
  for (size_t k = band.size(); k-- > 0;) {
    position += (tile[k].begin - band[k].begin) * step;
    if (run == step) run *= tile[k].size();
    step *= band_extents[k];
  }
  const int64_t count = Count(tile);
  const bool direct = run == count && box.IsInOrder();
  char* const target = out + position * item;

  size_t depth = 0;
  for (const Instruction& instruction : box.program) {
    const bool is_last = &instruction == &box.program.back();
    const auto result = [&](char* slot) { return is_last && direct ? target : slot; };
    RETURN_IF_ERROR(
        std::visit(Overloaded{[&](const LoadLeaf& load) { return Load(box, load.leaf, checks[load.leaf], tile, result(slots_[depth++])); },
                              [&](const PushZeros& zeros) {
                                std::memset(result(slots_[depth++]), 0, count * ItemSize(zeros.dtype));
                                return absl::OkStatus();
                              },
                              [&](const CastTop& cast) {
                                CastElements(cast.from, cast.to, slots_[depth - 1], result(slots_.back()), count);
                                std::swap(slots_[depth - 1], slots_.back());
                                return absl::OkStatus();
                              },
                              [&](const AddTop& add) {
                                --depth;
                                AddElements(add.dtype, slots_[depth - 1], slots_[depth], result(slots_[depth - 1]), count);
                                return absl::OkStatus();
                              }},
                   instruction));
  }
  if (direct) return absl::OkStatus();
  std::vector<size_t> band_order(band.size());
  for (size_t k = 0; k < band.size(); ++k) band_order[k] = k;
  PermuteElements(item, PermutedAxes(item, tile, box.order, band_order, band_extents), slots_[0], target);
  return absl::OkStatus();
}

absl::Status BandMaker::Make(const TiledBox& box, absl::Span<RangeCheck* const> checks, const Region& band, char* out) {
  slots_.clear();
  for (int k = 0; k <= box.stack_depth; ++k) slots_.push_back(scratch_.data() + k * SlotBytes(box));
  const std::vector<int64_t> extents = Extents(band);
  const int64_t tiles = CountParts(extents, box.tile);
  for (int64_t k = 0; k < tiles; ++k) {
    Region tile = PartAt(extents, box.tile, k);
    for (size_t axis = 0; axis < tile.size(); ++axis) {
      tile[axis].begin += band[axis].begin;
      tile[axis].end += band[axis].begin;
    }
    RETURN_IF_ERROR(MakeTile(box, checks, band, tile, out));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
