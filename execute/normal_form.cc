#include "execute/normal_form.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "execute/box.h"
#include "expr/expr.h"
#include "expr/operation.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// The elements of a region that is not empty: no leaves yet, and no program.
Box BoxOf(const Region& region, absl::Span<const int64_t> shape) {
  const std::vector<int64_t> steps = RowMajorStrides(shape);
  Box box = {};
  for (size_t k = 0; k < region.size(); ++k) {
    box.origin += region[k].begin * steps[k];
    if (region[k].size() > 1) box.loops.push_back({region[k].size(), steps[k], {}});
  }
  return box;
}

bool IsEmpty(const Region& region) {
  return std::any_of(region.begin(), region.end(), [](const IndexRange& range) { return range.size() <= 0; });
}

// Where an axis of an operand goes: its index i becomes (i + shift) · step in the result's row-major order.
struct Place {
  int64_t step;
  int64_t shift = 0;
};

// Moves a box of a tensor of `shape`, each of whose loops runs along one axis. `places` has one entry per axis.
void Move(Box& box, absl::Span<const int64_t> shape, absl::Span<const Place> places) {
  const std::vector<int64_t> steps = RowMajorStrides(shape);
  const int64_t origin = std::exchange(box.origin, 0);
  std::vector<int64_t> moved(box.loops.size());
  for (size_t k = 0; k < shape.size(); ++k) {
    box.origin += (origin / steps[k] % shape[k] + places[k].shift) * places[k].step;
    for (size_t j = 0; j < moved.size(); ++j) {
      const int64_t step = box.loops[j].step;
      if (steps[k] <= step && step < steps[k] * shape[k]) moved[j] = step / steps[k] * places[k].step;
    }
  }
  for (size_t j = 0; j < moved.size(); ++j) box.loops[j].step = moved[j];
  std::sort(box.loops.begin(), box.loops.end(), [](const Loop& a, const Loop& b) { return a.step > b.step; });
}

std::vector<Place> PlacesIn(absl::Span<const int64_t> shape) {
  std::vector<Place> places;
  for (int64_t step : RowMajorStrides(shape)) places.push_back({step});
  return places;
}

// Nothing where no loops can reach the elements in that order.
using Boxes = std::optional<std::vector<Box>>;

// The boxes of the expression, given those of its operands.
class Normalizing {
 public:
  Normalizing(const Expr& expr, std::vector<std::vector<Box>> operands) : expr_(expr), operands_(std::move(operands)) {}

  Boxes operator()(const op::Read& read) {
    const Region whole = WholeRegion(expr_.spec().shape);
    if (IsEmpty(whole)) return std::vector<Box>();
    Box box = BoxOf(whole, expr_.spec().shape);
    size_t loop = 0;
    for (size_t k = 0; k < whole.size(); ++k) {
      if (whole[k].size() > 1) box.loops[loop++].strides = {read.tensor->strides()[k]};
    }
    box.leaves = {{&expr_, read.tensor->offset()}};
    box.program = {LoadLeaf{0, expr_.spec().dtype}};
    return std::vector<Box>{std::move(box)};
  }

  Boxes operator()(const op::Permute& permute) {
    const std::vector<int64_t> steps = RowMajorStrides(expr_.spec().shape);
    std::vector<Place> places(steps.size());
    for (size_t k = 0; k < steps.size(); ++k) places[permute.axes[k]].step = steps[k];
    return Moved(0, places);
  }

  Boxes operator()(const op::Slice& slice) {
    const Shape& shape = ShapeOf(0);
    const std::vector<int64_t> steps = RowMajorStrides(shape);
    Boxes boxes = SplitAtMultiples(std::move(operands_[0]), steps);
    std::vector<Place> places = PlacesIn(expr_.spec().shape);
    for (size_t k = 0; boxes.has_value() && k < shape.size(); ++k) {
      boxes = Clip(*std::move(boxes), {steps[k], shape[k]}, slice.region[k]);
      places[k].shift = -slice.region[k].begin;
    }
    if (!boxes.has_value()) return std::nullopt;
    for (Box& box : *boxes) Move(box, shape, places);
    return boxes;
  }

  Boxes operator()(const op::Concat& concat) {
    std::vector<Box> all;
    std::vector<Place> places = PlacesIn(expr_.spec().shape);
    for (size_t k = 0; k < operands_.size(); ++k) {
      Boxes boxes = Moved(k, places);
      if (!boxes.has_value()) return std::nullopt;
      std::move(boxes->begin(), boxes->end(), std::back_inserter(all));
      places[concat.axis].shift += ShapeOf(k)[concat.axis];
    }
    return all;
  }

  Boxes operator()(const op::Pad& pad) {
    std::vector<Place> places = PlacesIn(pad.shape);
    for (size_t k = 0; k < places.size(); ++k) places[k].shift = pad.inside[k].begin;
    Boxes boxes = Moved(0, places);
    if (!boxes.has_value()) return std::nullopt;
    // Axis by axis: what lies before and after the operand, within the ranges that the axes before have in common with it.
    Region rest = WholeRegion(pad.shape);
    for (size_t k = 0; k < rest.size(); ++k) {
      for (const IndexRange& range : {IndexRange{0, pad.inside[k].begin}, IndexRange{pad.inside[k].end, pad.shape[k]}}) {
        Region zeros = rest;
        zeros[k] = range;
        if (IsEmpty(zeros)) continue;
        boxes->push_back(BoxOf(zeros, pad.shape));
        boxes->back().program = {PushZeros{expr_.spec().dtype}};
      }
      rest[k] = pad.inside[k];
    }
    return boxes;
  }

  // Each element keeps its number in row-major order.
  Boxes operator()(const op::Reshape& /*reshape*/) { return std::move(operands_[0]); }

  Boxes operator()(const op::Cast& cast) {
    const DType from = expr_.operands()[0]->spec().dtype;
    for (Box& box : operands_[0]) {
      if (box.IsZero()) {
        box.program = {PushZeros{cast.dtype}};
      } else if (from != cast.dtype) {
        box.program.emplace_back(CastTop{from, cast.dtype});
      }
    }
    return std::move(operands_[0]);
  }

  Boxes operator()(const op::Add& /*add*/) {
    std::vector<Box> all;
    for (const Box& left : operands_[0]) {
      for (const Box& right : operands_[1]) {
        if (!MayMeet(left, right)) continue;
        Boxes sums = Sum(left, right, expr_.spec().dtype);
        if (!sums.has_value()) return std::nullopt;
        std::move(sums->begin(), sums->end(), std::back_inserter(all));
      }
    }
    return all;
  }

 private:
  const Shape& ShapeOf(size_t operand) const { return expr_.operands()[operand]->spec().shape; }

  // The boxes of an operand where its axes go.
  Boxes Moved(size_t operand, absl::Span<const Place> places) {
    const Shape& shape = ShapeOf(operand);
    Boxes boxes = SplitAtMultiples(std::move(operands_[operand]), RowMajorStrides(shape));
    if (!boxes.has_value()) return std::nullopt;
    for (Box& box : *boxes) Move(box, shape, places);
    return boxes;
  }

  const Expr& expr_;
  std::vector<std::vector<Box>> operands_;
};

}  // namespace

absl::StatusOr<std::vector<Box>> Normalize(const Expr& expr) {
  std::vector<std::vector<Box>> operands;
  for (const ExprPtr& operand : expr.operands()) {
    ASSIGN_OR_RETURN(std::vector<Box> boxes, Normalize(*operand));
    operands.push_back(std::move(boxes));
  }
  Boxes boxes = std::visit(Normalizing(expr, std::move(operands)), expr.operation());
  if (!boxes.has_value()) return absl::UnimplementedError(absl::StrCat("no nest of loops has the elements of ", ToString(expr)));
  return *std::move(boxes);
}

}  // namespace weighbridge
