#include "execute/box.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/types/span.h"
#include "base/overloaded.h"
#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// How far the last element of the loops from `loop` inwards lies behind the first.
int64_t Reach(const Box& box, size_t loop) {
  int64_t reach = 0;
  for (; loop < box.loops.size(); ++loop) reach += (box.loops[loop].extent - 1) * box.loops[loop].step;
  return reach;
}

// The box of some iterations of one of its loops.
Box Iterations(Box box, size_t loop, const IndexRange& range) {
  Loop& chosen = box.loops[loop];
  box.origin += range.begin * chosen.step;
  for (size_t k = 0; k < box.leaves.size(); ++k) {
    box.leaves[k].offset += range.begin * chosen.strides[k] * ItemSize(box.leaves[k].read->spec().dtype);
  }
  chosen.extent = range.size();
  if (chosen.extent == 1) box.loops.erase(box.loops.begin() + static_cast<ptrdiff_t>(loop));
  return box;
}

// Makes two nested loops of one: the inner one has `inner_extent` iterations, which divides those of the loop.
void SplitLoop(Box& box, size_t loop, int64_t inner_extent) {
  Loop& inner = box.loops[loop];
  Loop outer = {inner.extent / inner_extent, inner.step * inner_extent, inner.strides};
  for (int64_t& stride : outer.strides) stride *= inner_extent;
  inner.extent = inner_extent;
  if (outer.extent > 1) box.loops.insert(box.loops.begin() + static_cast<ptrdiff_t>(loop), std::move(outer));
}

// Appends the pieces of `box` for SplitAtMultiples of one step. False where there are none.
bool Split(Box box, int64_t step, std::vector<Box>& pieces) {
  size_t below = 0;  // The outermost loop that can stay within `step`.
  for (; below < box.loops.size() && box.loops[below].step >= step; ++below) {
    if (box.loops[below].step % step != 0) return false;
  }
  const int64_t reach = Reach(box, below);
  if (box.origin % step + reach < step) {
    pieces.push_back(std::move(box));
    return true;
  }
  const Loop loop = box.loops[below];
  if (step % loop.step != 0) return false;
  if (box.origin % loop.step + Reach(box, below + 1) >= loop.step) {
    // What one iteration holds lies across a multiple of the loop's own step.
    std::vector<Box> parts;
    if (!Split(std::move(box), loop.step, parts)) return false;
    return std::all_of(parts.begin(), parts.end(), [&](Box& part) { return Split(std::move(part), step, pieces); });
  }
  // Iterations up to the first multiple; a loop over whole steps; the rest.
  const int64_t per_step = step / loop.step;
  const int64_t phase = box.origin % step / loop.step;
  const int64_t whole = std::min(phase == 0 ? 0 : per_step - phase, loop.extent);
  const int64_t rest = whole + (loop.extent - whole) / per_step * per_step;
  if (whole > 0) pieces.push_back(Iterations(box, below, {0, whole}));
  if (rest > whole) SplitLoop(pieces.emplace_back(Iterations(box, below, {whole, rest})), below, per_step);
  if (rest < loop.extent) pieces.push_back(Iterations(std::move(box), below, {rest, loop.extent}));
  return true;
}

// Appends the parts of `box` for Clip.
void ClipBox(Box box, const Axis& axis, const IndexRange& range, std::vector<Box>& kept) {
  const auto is_inside = [&](const Loop& loop) { return loop.step < axis.step * axis.extent; };
  const auto first = std::find_if(box.loops.begin(), box.loops.end(), is_inside);
  const auto loop = static_cast<size_t>(first - box.loops.begin());
  const int64_t begin = box.origin / axis.step % axis.extent;
  const int64_t end = begin + Reach(box, loop) / axis.step + 1;
  if (end <= range.begin || range.end <= begin) return;
  if (range.begin <= begin && end <= range.end) {
    kept.push_back(std::move(box));
    return;
  }
  // Of the outermost loop along the axis: the iterations that lie inside, and the two beside them, which may do so in part.
  const int64_t extent = first->extent;
  const int64_t step = first->step / axis.step;
  const int64_t inner = end - begin - (extent - 1) * step;
  const int64_t whole = std::clamp<int64_t>((std::max<int64_t>(range.begin - begin, 0) + step - 1) / step, 0, extent);
  const int64_t fit = range.end - begin - inner;
  const int64_t rest = std::clamp<int64_t>(fit < 0 ? 0 : fit / step + 1, whole, extent);
  if (whole > 0) ClipBox(Iterations(box, loop, {whole - 1, whole}), axis, range, kept);
  if (rest > whole) kept.push_back(Iterations(box, loop, {whole, rest}));
  if (rest < extent) ClipBox(Iterations(std::move(box), loop, {rest, rest + 1}), axis, range, kept);
}

// Keeps what lies in `range` along the axis of `step`, which is at most one loop of that very step, from the index `begin`.
void Restrict(Box& box, int64_t step, int64_t begin, const IndexRange& range) {
  const auto loop = std::find_if(box.loops.begin(), box.loops.end(), [&](const Loop& it) { return it.step == step; });
  if (loop == box.loops.end() || loop->extent == range.size()) return;
  const auto index = static_cast<size_t>(loop - box.loops.begin());
  box = Iterations(std::move(box), index, {range.begin - begin, range.end - begin});
}

// The elements along the axis of `step`, of which `above` steps are one of the axis outside (0 when there is none).
IndexRange RangeAlong(const Box& box, int64_t step, int64_t above) {
  const int64_t begin = (above == 0 ? box.origin : box.origin % above) / step;
  const auto loop = std::find_if(box.loops.begin(), box.loops.end(), [&](const Loop& it) { return it.step == step; });
  return {begin, begin + (loop == box.loops.end() ? 1 : loop->extent)};
}

// The sum where both boxes are products of ranges of the axes with these steps, outermost first.
std::optional<Box> SumOfProducts(Box left, Box right, absl::Span<const int64_t> steps, DType dtype) {
  int64_t above = 0;
  for (int64_t step : steps) {
    const IndexRange of_left = RangeAlong(left, step, above);
    const IndexRange of_right = RangeAlong(right, step, above);
    const IndexRange both = {std::max(of_left.begin, of_right.begin), std::min(of_left.end, of_right.end)};
    if (both.size() <= 0) return std::nullopt;
    Restrict(left, step, of_left.begin, both);
    Restrict(right, step, of_right.begin, both);
    above = step;
  }
  if (left.IsZero() && right.IsZero()) return left;
  for (Instruction instruction : right.program) {
    if (auto* load = std::get_if<LoadLeaf>(&instruction)) load->leaf += left.leaves.size();
    left.program.push_back(instruction);
  }
  left.program.emplace_back(AddTop{dtype});
  left.leaves.insert(left.leaves.end(), right.leaves.begin(), right.leaves.end());
  for (size_t k = 0; k < left.loops.size(); ++k) {
    std::vector<int64_t>& strides = left.loops[k].strides;
    strides.insert(strides.end(), right.loops[k].strides.begin(), right.loops[k].strides.end());
  }
  return left;
}

// The steps of both boxes' loops, and single elements: each once, innermost first.
std::vector<int64_t> StepsOf(const Box& left, const Box& right) {
  std::vector<int64_t> steps = {1};
  for (const Box* box : {&left, &right}) {
    for (const Loop& loop : box->loops) steps.push_back(loop.step);
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  return steps;
}

}  // namespace

DType ResultDType(const Instruction& instruction) {
  return std::visit(Overloaded{[](const LoadLeaf& load) { return load.dtype; }, [](const PushZeros& zeros) { return zeros.dtype; },
                               [](const CastTop& cast) { return cast.to; }, [](const AddTop& add) { return add.dtype; }},
                    instruction);
}

int Box::StackDepth() const {
  int depth = 0;
  int deepest = 0;
  const auto push = [&] { deepest = std::max(deepest, ++depth); };
  const Overloaded follow = {[&](const LoadLeaf&) { push(); }, [&](const PushZeros&) { push(); }, [](const CastTop&) {},
                             [&](const AddTop&) { --depth; }};
  for (const Instruction& instruction : program) std::visit(follow, instruction);
  return deepest;
}

void MergeLoops(Box& box) {
  std::vector<Loop> merged;
  for (Loop& loop : box.loops) {
    const auto is_run = [&](int64_t outer, int64_t inner) { return outer == loop.extent * inner; };
    if (!merged.empty() && is_run(merged.back().step, loop.step) &&
        std::equal(merged.back().strides.begin(), merged.back().strides.end(), loop.strides.begin(), is_run)) {
      loop.extent *= merged.back().extent;
      merged.back() = std::move(loop);
    } else {
      merged.push_back(std::move(loop));
    }
  }
  box.loops = std::move(merged);
}

std::optional<std::vector<Box>> SplitAtMultiples(std::vector<Box> boxes, absl::Span<const int64_t> steps) {
  std::vector<int64_t> ascending(steps.begin(), steps.end());
  std::sort(ascending.begin(), ascending.end());
  // One loop can be split in more ways than the two that it is made of.
  for (Box& box : boxes) MergeLoops(box);
  for (int64_t step : ascending) {
    std::vector<Box> pieces;
    for (Box& box : boxes) {
      if (!Split(std::move(box), step, pieces)) return std::nullopt;
    }
    boxes = std::move(pieces);
  }
  return boxes;
}

std::vector<Box> Clip(std::vector<Box> boxes, const Axis& axis, const IndexRange& range) {
  std::vector<Box> kept;
  for (Box& box : boxes) ClipBox(std::move(box), axis, range, kept);
  return kept;
}

bool MayMeet(const Box& left, const Box& right) {
  return left.origin <= right.origin + Reach(right, 0) && right.origin <= left.origin + Reach(left, 0);
}

std::optional<std::vector<Box>> Sum(Box left, Box right, DType dtype) {
  std::vector<Box> sums;
  MergeLoops(left);
  MergeLoops(right);
  std::vector<int64_t> steps = StepsOf(left, right);
  const std::optional<std::vector<Box>> lefts = SplitAtMultiples({std::move(left)}, steps);
  const std::optional<std::vector<Box>> rights = SplitAtMultiples({std::move(right)}, steps);
  if (!lefts.has_value() || !rights.has_value()) return std::nullopt;
  std::reverse(steps.begin(), steps.end());
  for (const Box& a : *lefts) {
    for (const Box& b : *rights) {
      std::optional<Box> sum = SumOfProducts(a, b, steps, dtype);
      if (sum.has_value()) sums.push_back(*std::move(sum));
    }
  }
  return sums;
}

}  // namespace weighbridge
