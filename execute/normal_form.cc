#include "execute/normal_form.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

using Op = Instruction::Op;

bool IsZero(const Box& box) {
  return box.program.size() == 1 && box.program[0].op == Op::kZero;
}

bool IsEmpty(const Region& region) {
  return std::any_of(region.begin(), region.end(), [](const IndexRange& range) { return range.size() <= 0; });
}

Region Intersection(absl::Span<const IndexRange> a, absl::Span<const IndexRange> b) {
  Region both;
  for (size_t k = 0; k < a.size(); ++k) both.push_back({std::max(a[k].begin, b[k].begin), std::min(a[k].end, b[k].end)});
  return both;
}

// The part of the box that lies in `region`, if there is one.
std::optional<Box> Restrict(const Box& box, absl::Span<const IndexRange> region) {
  Box part = box;
  part.region = Intersection(box.region, region);
  if (IsEmpty(part.region)) return std::nullopt;
  for (Leaf& leaf : part.leaves) {
    const int64_t item = ItemSize(leaf.read->spec().dtype);
    for (size_t k = 0; k < region.size(); ++k) leaf.offset += (part.region[k].begin - box.region[k].begin) * leaf.strides[k] * item;
  }
  return part;
}

void Translate(Box& box, size_t axis, int64_t distance) {
  box.region[axis].begin += distance;
  box.region[axis].end += distance;
}

Box ZeroBox(Region region, DType dtype) {
  return {std::move(region), {}, {{Op::kZero, dtype}}};
}

std::vector<Box> NormalizeRead(const Expr& expr) {
  const StoredTensor& tensor = expr.tensor();
  Region whole = WholeRegion(expr.spec().shape);
  if (IsEmpty(whole)) return {};
  const Leaf leaf = {&expr, tensor.offset(), {tensor.strides().begin(), tensor.strides().end()}};
  return {{std::move(whole), {leaf}, {{Op::kLoad, expr.spec().dtype, 0}}}};
}

std::vector<Box> NormalizePermute(const Expr& expr) {
  std::vector<Box> boxes = Normalize(*expr.operands()[0]);
  const auto permute = [axes = expr.axes()](auto& values) {
    const auto old = values;
    for (size_t k = 0; k < axes.size(); ++k) values[k] = old[axes[k]];
  };
  for (Box& box : boxes) {
    permute(box.region);
    for (Leaf& leaf : box.leaves) permute(leaf.strides);
  }
  return boxes;
}

std::vector<Box> NormalizeSlice(const Expr& expr) {
  std::vector<Box> kept;
  for (const Box& box : Normalize(*expr.operands()[0])) {
    std::optional<Box> part = Restrict(box, expr.region());
    if (!part.has_value()) continue;
    for (size_t k = 0; k < part->region.size(); ++k) Translate(*part, k, -expr.region()[k].begin);
    kept.push_back(*std::move(part));
  }
  return kept;
}

std::vector<Box> NormalizeConcat(const Expr& expr) {
  std::vector<Box> all;
  int64_t begin = 0;
  for (const ExprPtr& operand : expr.operands()) {
    for (Box& box : Normalize(*operand)) {
      Translate(box, expr.axis(), begin);
      all.push_back(std::move(box));
    }
    begin += operand->spec().shape[expr.axis()];
  }
  return all;
}

std::vector<Box> NormalizePad(const Expr& expr) {
  std::vector<Box> boxes = Normalize(*expr.operands()[0]);
  const Region& inside = expr.inside();
  for (Box& box : boxes) {
    for (size_t k = 0; k < inside.size(); ++k) Translate(box, k, inside[k].begin);
  }
  // Axis by axis: what lies before and after the operand, within the ranges that the axes before have in common with it.
  Region rest = WholeRegion(expr.spec().shape);
  for (size_t k = 0; k < inside.size(); ++k) {
    for (const IndexRange& range : {IndexRange{0, inside[k].begin}, IndexRange{inside[k].end, expr.spec().shape[k]}}) {
      Region zeros = rest;
      zeros[k] = range;
      if (!IsEmpty(zeros)) boxes.push_back(ZeroBox(std::move(zeros), expr.spec().dtype));
    }
    rest[k] = inside[k];
  }
  return boxes;
}

std::vector<Box> NormalizeCast(const Expr& expr) {
  std::vector<Box> boxes = Normalize(*expr.operands()[0]);
  const DType dtype = expr.spec().dtype;
  if (dtype == expr.operands()[0]->spec().dtype) return boxes;
  for (Box& box : boxes) {
    if (IsZero(box)) {
      box.program[0].dtype = dtype;
    } else {
      box.program.push_back({Op::kCast, dtype});
    }
  }
  return boxes;
}

// The sum of two boxes of the same region.
Box Sum(Box left, Box right, DType dtype) {
  if (IsZero(left) && IsZero(right)) return left;
  for (Instruction instruction : right.program) {
    if (instruction.op == Op::kLoad) instruction.leaf += left.leaves.size();
    left.program.push_back(instruction);
  }
  left.leaves.insert(left.leaves.end(), std::make_move_iterator(right.leaves.begin()), std::make_move_iterator(right.leaves.end()));
  left.program.push_back({Op::kAdd, dtype});
  return left;
}

std::vector<Box> NormalizeAdd(const Expr& expr) {
  std::vector<Box> sums;
  const std::vector<Box> rights = Normalize(*expr.operands()[1]);
  for (const Box& left : Normalize(*expr.operands()[0])) {
    for (const Box& right : rights) {
      std::optional<Box> part = Restrict(left, right.region);
      if (part.has_value()) sums.push_back(Sum(*std::move(part), *Restrict(right, left.region), expr.spec().dtype));
    }
  }
  return sums;
}

}  // namespace

int Box::StackDepth() const {
  int depth = 0;
  int deepest = 0;
  for (const Instruction& instruction : program) {
    if (instruction.op == Op::kLoad || instruction.op == Op::kZero) deepest = std::max(deepest, ++depth);
    if (instruction.op == Op::kAdd) --depth;
  }
  return deepest;
}

std::vector<Box> Normalize(const Expr& expr) {
  switch (expr.op()) {
    case Expr::Op::kRead:
      return NormalizeRead(expr);
    case Expr::Op::kPermute:
      return NormalizePermute(expr);
    case Expr::Op::kSlice:
      return NormalizeSlice(expr);
    case Expr::Op::kConcat:
      return NormalizeConcat(expr);
    case Expr::Op::kPad:
      return NormalizePad(expr);
    case Expr::Op::kCast:
      return NormalizeCast(expr);
    case Expr::Op::kAdd:
      return NormalizeAdd(expr);
  }
  assert(false);
  return {};
}

}  // namespace weighbridge
