#include "formats/stored_tensor.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"

namespace weighbridge {
namespace {

// What ReadRegion keeps beside the caller's buffer.
constexpr int64_t kScratch = int64_t{4} << 20;

// One axis of a region: `count` elements, `source_step` bytes apart in the source and `out_step` bytes apart in the caller's buffer.
struct Axis {
  int64_t count;
  int64_t source_step;
  int64_t out_step;
};

// The axes of the region with more than one element, by descending step in the source: the order in which bytes follow each other there.
std::vector<Axis> SourceOrder(const StoredTensor& tensor, absl::Span<const IndexRange> region) {
  const int64_t item = ItemSize(tensor.spec().dtype);
  std::vector<Axis> axes;
  int64_t out_step = item;
  for (size_t k = region.size(); k-- > 0;) {
    if (region[k].size() > 1) axes.push_back({region[k].size(), tensor.strides()[k] * item, out_step});
    out_step *= region[k].size();
  }
  std::stable_sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.source_step < b.source_step; });
  std::reverse(axes.begin(), axes.end());
  return axes;
}

// The bytes from the first to the last element of the axes, holes included.
int64_t Extent(absl::Span<const Axis> axes, int64_t item) {
  int64_t extent = item;
  for (const Axis& axis : axes) extent += (axis.count - 1) * axis.source_step;
  return extent;
}

// Copies elements of N bytes along two axes, in blocks that stay in the cache whichever axis runs along which buffer.
template <int N>
void ScatterPlane(const Axis& outer, const Axis& inner, const char* from, char* to) {
  constexpr int64_t kBlock = 32;
  for (int64_t j0 = 0; j0 < inner.count; j0 += kBlock) {
    const int64_t j1 = std::min(j0 + kBlock, inner.count);
    for (int64_t i = 0; i < outer.count; ++i) {
      const char* source = from + i * outer.source_step + j0 * inner.source_step;
      char* target = to + i * outer.out_step + j0 * inner.out_step;
      for (int64_t j = j0; j < j1; ++j, source += inner.source_step, target += inner.out_step) std::memcpy(target, source, N);
    }
  }
}

// Copies elements from `from` to `to` along the axes.
template <int N>
void Scatter(absl::Span<const Axis> axes, const char* from, char* to) {
  constexpr Axis kOne = {.count = 1, .source_step = 0, .out_step = 0};
  if (!axes.empty() && axes.back().source_step == N && axes.back().out_step == N && axes.size() <= 2) {
    const Axis& rows = axes.size() == 2 ? axes[0] : kOne;
    for (int64_t i = 0; i < rows.count; ++i) {
      std::memcpy(to + i * rows.out_step, from + i * rows.source_step, axes.back().count * N);
    }
  } else if (axes.size() <= 2) {
    ScatterPlane<N>(axes.size() == 2 ? axes[0] : kOne, axes.empty() ? kOne : axes.back(), from, to);
  } else {
    for (int64_t i = 0; i < axes[0].count; ++i) Scatter<N>(axes.subspan(1), from + i * axes[0].source_step, to + i * axes[0].out_step);
  }
}

using ScatterFunction = void (*)(absl::Span<const Axis>, const char*, char*);

ScatterFunction ScatterOf(int64_t item) {
  switch (item) {
    case 1:
      return Scatter<1>;
    case 2:
      return Scatter<2>;
    case 4:
      return Scatter<4>;
    case 8:
      return Scatter<8>;
    default:
      return Scatter<16>;
  }
}

int64_t WantedBytes(absl::Span<const Axis> axes, int64_t item) {
  int64_t wanted = item;
  for (const Axis& axis : axes) wanted *= axis.count;
  return wanted;
}

// Whether one read of everything between the first and the last element is small and holds mostly what is wanted.
bool IsOnePiece(absl::Span<const Axis> axes, int64_t item) {
  const int64_t extent = Extent(axes, item);
  return extent <= kScratch && extent / 2 <= WantedBytes(axes, item) + int64_t{4096};
}

// How many steps of the outermost axis are read as one piece.
int64_t StepsAtOnce(absl::Span<const Axis> axes, int64_t item) {
  const Axis& outer = axes.front();
  const int64_t inner_extent = Extent(axes.subspan(1), item);
  if (outer.source_step == 0 || inner_extent >= kScratch) return 1;
  std::vector<Axis> part(axes.begin(), axes.end());
  part[0].count = std::min((kScratch - inner_extent) / outer.source_step + 1, outer.count);
  return IsOnePiece(part, item) ? part[0].count : 1;
}

absl::Status Gather(const ByteSource& source, absl::Span<const Axis> axes, int64_t item, int64_t offset, char* to,
                    std::vector<char>& scratch) {
  const bool in_order = axes.empty() || (axes.size() == 1 && axes[0].source_step == item && axes[0].out_step == item);
  if (in_order) return source.ReadAt(offset, absl::MakeSpan(to, WantedBytes(axes, item)));
  if (IsOnePiece(axes, item)) {
    const int64_t extent = Extent(axes, item);
    if (static_cast<int64_t>(scratch.size()) < extent) scratch.resize(extent);
    RETURN_IF_ERROR(source.ReadAt(offset, absl::MakeSpan(scratch.data(), extent)));
    ScatterOf(item)(axes, scratch.data(), to);
    return absl::OkStatus();
  }
  const Axis& outer = axes.front();
  const int64_t steps = StepsAtOnce(axes, item);
  std::vector<Axis> part(axes.begin(), axes.end());
  for (int64_t i = 0; i < outer.count; i += steps) {
    part[0].count = std::min(steps, outer.count - i);
    const absl::Span<const Axis> inner = absl::MakeConstSpan(part).subspan(part[0].count == 1 ? 1 : 0);
    RETURN_IF_ERROR(Gather(source, inner, item, offset + i * outer.source_step, to + i * outer.out_step, scratch));
  }
  return absl::OkStatus();
}

}  // namespace

Region WholeRegion(absl::Span<const int64_t> shape) {
  Region region;
  region.reserve(shape.size());
  for (int64_t extent : shape) region.push_back({0, extent});
  return region;
}

std::vector<int64_t> RowMajorStrides(absl::Span<const int64_t> shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t k = shape.size(); k-- > 0;) {
    strides[k] = step;
    // An axis without elements has no neighbours; its extent must not make the others' strides meaningless.
    if (shape[k] > 0 && __builtin_mul_overflow(step, shape[k], &step)) step = 0;
  }
  return strides;
}

absl::StatusOr<StoredTensor> StoredTensor::Create(TensorSpec spec, ByteSourcePtr source, int64_t offset, std::vector<int64_t> strides) {
  ASSIGN_OR_RETURN(int64_t count, ElementCount(spec.shape));
  if (absl::StatusOr<int64_t> size = ByteSize(spec); !size.ok()) return size.status();
  if (strides.size() != spec.shape.size()) {
    return absl::DataLossError(absl::StrCat(strides.size(), " strides for the shape ", ShapeToString(spec.shape)));
  }
  if (offset < 0) return absl::DataLossError(absl::StrCat("the offset ", offset, " is negative"));
  for (int64_t stride : strides) {
    if (stride < 0) return absl::DataLossError(absl::StrCat("the strides ", ShapeToString(strides), " are negative"));
  }
  int64_t last = 0;
  bool overflow = false;
  for (size_t k = 0; count > 0 && k < strides.size(); ++k) {
    int64_t step;
    overflow |= __builtin_mul_overflow(spec.shape[k] - 1, strides[k], &step) || __builtin_add_overflow(last, step, &last);
  }
  const int64_t item = ItemSize(spec.dtype);
  int64_t extent = 0;
  if (count > 0) overflow |= __builtin_add_overflow(last, 1, &extent) || __builtin_mul_overflow(extent, item, &extent);
  int64_t end;
  if (overflow || __builtin_add_overflow(offset, extent, &end) || (count > 0 && end > source->size())) {
    return absl::DataLossError(absl::StrCat("offset ", offset, " + ", overflow ? "2^63 or more" : absl::StrCat(extent), " bytes of ",
                                            ToString(spec), " with strides ", ShapeToString(strides), " exceeds ", source->size()));
  }
  return StoredTensor(std::move(spec), std::move(source), offset, strides, count);
}

absl::StatusOr<StoredTensor> StoredTensor::CreateRowMajor(TensorSpec spec, ByteSourcePtr source, int64_t offset) {
  std::vector<int64_t> strides = RowMajorStrides(spec.shape);
  return Create(std::move(spec), std::move(source), offset, std::move(strides));
}

bool StoredTensor::IsRowMajor() const {
  if (element_count_ == 0) return true;
  int64_t step = 1;
  for (size_t k = strides_.size(); k-- > 0;) {
    if (spec_.shape[k] > 1 && strides_[k] != step) return false;
    step *= spec_.shape[k];
  }
  return true;
}

absl::Status ReadRegion(const StoredTensor& tensor, absl::Span<const IndexRange> region, absl::Span<char> out) {
  if (out.empty()) return absl::OkStatus();
  const int64_t item = ItemSize(tensor.spec().dtype);
  int64_t offset = tensor.offset();
  for (size_t k = 0; k < region.size(); ++k) offset += region[k].begin * tensor.strides()[k] * item;
  std::vector<Axis> axes = SourceOrder(tensor, region);
  // Neighbouring axes that are one run in both places become one.
  for (size_t k = axes.size(); k-- > 1;) {
    Axis& outer = axes[k - 1];
    const Axis& inner = axes[k];
    if (outer.source_step == inner.count * inner.source_step && outer.out_step == inner.count * inner.out_step) {
      outer = {outer.count * inner.count, inner.source_step, inner.out_step};
      axes.erase(axes.begin() + static_cast<ptrdiff_t>(k));
    }
  }
  std::vector<char> scratch;
  return Gather(*tensor.source(), axes, item, offset, out.data(), scratch);
}

}  // namespace weighbridge
