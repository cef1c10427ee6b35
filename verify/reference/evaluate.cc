#include "verify/reference/evaluate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/overloaded.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/operation.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "verify/reference/arithmetic.h"
#include "verify/reference/permute_elements.h"
#include "verify/reference/row_major_box.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

// What an evaluation works in, and what it counts beside.
struct Work {
  Scratch& scratch;
  CastLoss loss;
};

absl::Status EvaluateInto(const Expr& expr, const Region& region, absl::Span<char> out, Work& work);

int64_t BytesOf(const Expr& expr, const Region& region) {
  return ElementCountOf(region) * ItemSize(expr.spec().dtype);
}

// The part of `region` that lies in `box`; not empty only if every axis of it is not.
Region Intersection(const Region& region, const Region& box) {
  Region common(region.size());
  for (size_t k = 0; k < region.size(); ++k) {
    common[k].begin = std::max(region[k].begin, box[k].begin);
    common[k].end = std::max(common[k].begin, std::min(region[k].end, box[k].end));
  }
  return common;
}

Region Shifted(const Region& region, const Region& origin, int64_t direction) {
  Region shifted = region;
  for (size_t k = 0; k < region.size(); ++k) {
    shifted[k].begin += direction * origin[k].begin;
    shifted[k].end += direction * origin[k].begin;
  }
  return shifted;
}

// Calls visit(position, count) for each run of elements of `part`, in row-major order, that follow each other in `whole`, too, in which it
// lies: `position` is that of the first in `whole`. Stops at the first failure.
template <typename Visit>
absl::Status ForEachRun(const Region& part, const Region& whole, const Visit& visit) {
  // All axes that the part covers, and one more.
  size_t axis = whole.size();
  int64_t run = 1;
  while (axis > 0 && part[axis - 1] == whole[axis - 1]) run *= whole[--axis].size();
  if (axis > 0) run *= part[--axis].size();
  std::vector<int64_t> steps(whole.size());
  int64_t position = 0;
  for (size_t k = whole.size(); k-- > 0;) {
    steps[k] = k + 1 < whole.size() ? steps[k + 1] * whole[k + 1].size() : 1;
    position += (part[k].begin - whole[k].begin) * steps[k];
  }
  std::vector<int64_t> index(axis, 0);
  for (int64_t left = ElementCountOf(part); left > 0; left -= run) {
    RETURN_IF_ERROR(visit(position, run));
    for (size_t k = axis; k-- > 0;) {
      position += steps[k];
      if (++index[k] < part[k].size()) break;
      position -= index[k] * steps[k];
      index[k] = 0;
    }
  }
  return absl::OkStatus();
}

// Copies `part`, the row-major elements of `part_region`, to their places in `out`, the row-major elements of `region`.
void Paste(absl::Span<const char> part, const Region& part_region, const Region& region, int64_t item, absl::Span<char> out) {
  const char* from = part.data();
  (void)ForEachRun(part_region, region, [&](int64_t position, int64_t count) {
    std::memcpy(out.data() + position * item, from, static_cast<size_t>(count * item));
    from += count * item;
    return absl::OkStatus();
  });
}

// Evaluates `operand`, which makes the elements of the result that lie in `box`, as far as `region` wants them.
absl::Status EvaluatePart(const Expr& operand, const Region& box, const Region& region, absl::Span<char> out, Work& work) {
  const Region common = Intersection(region, box);
  if (ElementCountOf(common) == 0) return absl::OkStatus();
  const Region wanted = Shifted(common, box, -1);
  if (common == region) return EvaluateInto(operand, wanted, out, work);
  const Scratch::Lease part = work.scratch.Take(BytesOf(operand, wanted));
  RETURN_IF_ERROR(EvaluateInto(operand, wanted, part.bytes(), work));
  Paste(part.bytes(), common, region, ItemSize(operand.spec().dtype), out);
  return absl::OkStatus();
}

absl::Status EvaluatePermute(const Expr& expr, absl::Span<const int64_t> axes, const Region& region, absl::Span<char> out, Work& work) {
  const Expr& operand = *expr.operands()[0];
  Region wanted(region.size());
  for (size_t k = 0; k < region.size(); ++k) wanted[axes[k]] = region[k];
  const Scratch::Lease elements = work.scratch.Take(static_cast<int64_t>(out.size()));
  RETURN_IF_ERROR(EvaluateInto(operand, wanted, elements.bytes(), work));
  Shape shape;
  for (const IndexRange& range : wanted) shape.push_back(range.size());
  PermuteElements(elements.bytes().data(), shape, axes, ItemSize(expr.spec().dtype), out.data());
  return absl::OkStatus();
}

absl::Status EvaluateConcat(const Expr& expr, int64_t axis, const Region& region, absl::Span<char> out, Work& work) {
  int64_t begin = 0;
  for (const ExprPtr& operand : expr.operands()) {
    Region box = WholeRegion(operand->spec().shape);
    IndexRange& along = box[axis];
    along = {begin, begin + along.end};
    begin = along.end;
    RETURN_IF_ERROR(EvaluatePart(*operand, box, region, out, work));
  }
  return absl::OkStatus();
}

// An element has the same number in the row-major orders of the result and of the operand.
absl::Status EvaluateReshape(const Expr& expr, const Region& region, absl::Span<char> out, Work& work) {
  const Expr& operand = *expr.operands()[0];
  size_t done = 0;
  return ForEachRun(region, WholeRegion(expr.spec().shape), [&](int64_t position, int64_t count) {
    const int64_t end = position + count;
    while (position < end) {
      const Region wanted = RowMajorBox(operand.spec().shape, position, end - position);
      const auto size = static_cast<size_t>(BytesOf(operand, wanted));
      RETURN_IF_ERROR(EvaluateInto(operand, wanted, out.subspan(done, size), work));
      done += size;
      position += ElementCountOf(wanted);
    }
    return absl::OkStatus();
  });
}

absl::Status EvaluateCast(const Expr& expr, const Region& region, absl::Span<char> out, Work& work) {
  const Expr& operand = *expr.operands()[0];
  if (operand.spec().dtype == expr.spec().dtype) return EvaluateInto(operand, region, out, work);
  const Scratch::Lease elements = work.scratch.Take(BytesOf(operand, region));
  RETURN_IF_ERROR(EvaluateInto(operand, region, elements.bytes(), work));
  const int64_t count = ElementCountOf(region);
  ReferenceCast(operand.spec().dtype, expr.spec().dtype, elements.bytes().data(), out.data(), count);
  work.loss.Add(CountCastLoss(operand.spec().dtype, expr.spec().dtype, elements.bytes().data(), out.data(), count));
  return absl::OkStatus();
}

absl::Status EvaluateAdd(const Expr& expr, const Region& region, absl::Span<char> out, Work& work) {
  RETURN_IF_ERROR(EvaluateInto(*expr.operands()[0], region, out, work));
  const Scratch::Lease right = work.scratch.Take(static_cast<int64_t>(out.size()));
  RETURN_IF_ERROR(EvaluateInto(*expr.operands()[1], region, right.bytes(), work));
  ReferenceAdd(expr.spec().dtype, out.data(), right.bytes().data(), out.data(), ElementCountOf(region));
  return absl::OkStatus();
}

absl::Status EvaluateRead(const Expr& expr, const Region& region, absl::Span<char> out) {
  absl::Status status = ReadRegion(expr.tensor(), region, out);
  if (status.ok()) return status;
  return Annotate(status, absl::StrCat("tensor \"", expr.tensor_label(), "\""));
}

absl::Status EvaluateInto(const Expr& expr, const Region& region, absl::Span<char> out, Work& work) {
  const auto operand = [&]() -> const Expr& { return *expr.operands()[0]; };
  return std::visit(Overloaded{
                        [&](const op::Read&) { return EvaluateRead(expr, region, out); },
                        [&](const op::Permute& permute) { return EvaluatePermute(expr, permute.axes, region, out, work); },
                        [&](const op::Slice& slice) { return EvaluateInto(operand(), Shifted(region, slice.region, 1), out, work); },
                        [&](const op::Concat& concat) { return EvaluateConcat(expr, concat.axis, region, out, work); },
                        [&](const op::Pad& pad) {
                          std::memset(out.data(), 0, out.size());
                          return EvaluatePart(operand(), pad.inside, region, out, work);
                        },
                        [&](const op::Reshape&) { return EvaluateReshape(expr, region, out, work); },
                        [&](const op::Cast&) { return EvaluateCast(expr, region, out, work); },
                        [&](const op::Add&) { return EvaluateAdd(expr, region, out, work); },
                    },
                    expr.operation());
}

}  // namespace

absl::Status Evaluate(const Expr& expr, absl::Span<const IndexRange> region, absl::Span<char> out, Scratch& scratch, CastLoss* loss) {
  if (out.empty()) return absl::OkStatus();
  const int64_t needed = EvaluationBytes(expr, ElementCountOf(region));
  if (needed > scratch.available()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("evaluating ", ToString(expr), ": ", needed, " bytes are needed and ", scratch.available(), " allowed"));
  }
  Work work{.scratch = scratch, .loss = {}};
  absl::Status status = EvaluateInto(expr, Region(region.begin(), region.end()), out, work);
  if (loss != nullptr) loss->Add(work.loss);
  return status;
}

int64_t EvaluationBytes(const Expr& expr, int64_t elements) {
  int64_t most = 0;
  int64_t item = 0;
  for (const ExprPtr& operand : expr.operands()) {
    most = std::max(most, EvaluationBytes(*operand, elements));
    item = ItemSize(operand->spec().dtype);
  }
  // A slice and a reshape put their operand's elements where they are wanted; the others hold at most one operand.
  const bool holds_operand = std::visit(Overloaded{
                                            [](const op::Read&) { return false; },
                                            [](const op::Slice&) { return false; },
                                            [](const op::Reshape&) { return false; },
                                            [](const op::Permute&) { return true; },
                                            [](const op::Concat&) { return true; },
                                            [](const op::Pad&) { return true; },
                                            [](const op::Cast&) { return true; },
                                            [](const op::Add&) { return true; },
                                        },
                                        expr.operation());
  return most + (holds_operand ? elements * item + Scratch::kOverhead : 0);
}

}  // namespace weighbridge
