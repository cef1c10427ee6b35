#include "expr/expr.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// Expressions are walked, and freed, by recursion.
constexpr int kMaxDepth = 1000;

// The only maker of expressions: what every factory has in common.
struct ExprBuilder {
  struct Parts {
    Expr::Op op;
    TensorSpec spec;
    std::vector<ExprPtr> operands = {};
    std::vector<int64_t> numbers = {};
    Region region = {};
  };

  static ExprPtr MakeRead(std::string label, std::shared_ptr<const StoredTensor> tensor) {
    std::shared_ptr<Expr> expr(new Expr);
    expr->tensor_ = std::move(tensor);
    expr->label_ = std::move(label);
    return expr;
  }

  static absl::StatusOr<ExprPtr> Make(Parts parts) {
    if (absl::StatusOr<int64_t> size = ByteSize(parts.spec); !size.ok()) return absl::InvalidArgumentError(size.status().message());
    std::shared_ptr<Expr> expr(new Expr);
    for (const ExprPtr& operand : parts.operands) expr->depth_ = std::max(expr->depth_, operand->depth_ + 1);
    if (expr->depth_ > kMaxDepth) return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxDepth, " operations on one tensor"));
    expr->op_ = parts.op;
    expr->spec_ = std::move(parts.spec);
    expr->operands_ = std::move(parts.operands);
    expr->numbers_ = std::move(parts.numbers);
    expr->region_ = std::move(parts.region);
    return expr;
  }
};

namespace {

// "[0:32000, :]": ":" stands for a whole axis.
std::string RegionToString(const Region& region, const Shape& shape) {
  std::vector<std::string> ranges;
  for (size_t k = 0; k < region.size(); ++k) {
    const bool whole = region[k] == IndexRange{0, shape[k]};
    ranges.push_back(whole ? ":" : absl::StrCat(region[k].begin, ":", region[k].end));
  }
  return absl::StrCat("[", absl::StrJoin(ranges, ", "), "]");
}

bool LiesInside(const Region& region, const Shape& shape) {
  if (region.size() != shape.size()) return false;
  for (size_t k = 0; k < region.size(); ++k) {
    if (region[k].begin < 0 || region[k].begin > region[k].end || region[k].end > shape[k]) return false;
  }
  return true;
}

Shape Extents(const Region& region) {
  Shape shape;
  for (const IndexRange& range : region) shape.push_back(range.size());
  return shape;
}

bool IsRounded(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBfloat16 || dtype == DType::kFloat32;
}

// The text of an expression, given those of its operands.
std::string Render(const Expr& expr, const std::vector<std::string>& operands) {
  switch (expr.op()) {
    case Expr::Op::kRead:
      return expr.tensor_label();
    case Expr::Op::kPermute: {
      const bool transposes = expr.axes() == std::vector<int64_t>{1, 0};
      return transposes ? absl::StrCat("transpose(", operands[0], ")")
                        : absl::StrCat("permute(", operands[0], ", ", ShapeToString(expr.axes()), ")");
    }
    case Expr::Op::kSlice:
      return absl::StrCat("slice(", operands[0], ", ", RegionToString(expr.region(), expr.operands()[0]->spec().shape), ")");
    case Expr::Op::kConcat:
      return absl::StrCat("concat(", absl::StrJoin(operands, ", "), ", axis=", expr.axis(), ")");
    case Expr::Op::kPad: {
      std::vector<int64_t> origin;
      for (const IndexRange& range : expr.inside()) origin.push_back(range.begin);
      const bool at_zero = std::all_of(origin.begin(), origin.end(), [](int64_t begin) { return begin == 0; });
      const std::string at = at_zero ? "" : absl::StrCat(", at=", ShapeToString(origin));
      return absl::StrCat("pad(", operands[0], ", ", ShapeToString(expr.spec().shape), at, ")");
    }
    case Expr::Op::kCast:
      return absl::StrCat("cast(", operands[0], ", ", DTypeName(expr.spec().dtype), ")");
    case Expr::Op::kAdd:
      return absl::StrCat("add(", operands[0], ", ", operands[1], ")");
  }
  assert(false);
  return "";
}

void CollectLeaves(const Expr& expr, absl::flat_hash_set<const Expr*>& seen, std::vector<const Expr*>& leaves) {
  if (!seen.insert(&expr).second) return;
  if (expr.op() == Expr::Op::kRead) leaves.push_back(&expr);
  for (const ExprPtr& operand : expr.operands()) CollectLeaves(*operand, seen, leaves);
}

}  // namespace

ExprPtr Read(std::string label, StoredTensor tensor) {
  return Read(std::move(label), std::make_shared<const StoredTensor>(std::move(tensor)));
}

ExprPtr Read(std::string label, std::shared_ptr<const StoredTensor> tensor) {
  return ExprBuilder::MakeRead(std::move(label), std::move(tensor));
}

absl::StatusOr<ExprPtr> Permute(ExprPtr operand, std::vector<int64_t> axes) {
  const Shape& shape = operand->spec().shape;
  std::vector<int64_t> sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  bool is_permutation = axes.size() == shape.size();
  for (size_t k = 0; is_permutation && k < sorted.size(); ++k) is_permutation = sorted[k] == static_cast<int64_t>(k);
  if (!is_permutation) {
    return absl::InvalidArgumentError(absl::StrCat(ShapeToString(axes), " is no permutation of the axes of ", ToString(operand->spec())));
  }
  Shape permuted;
  for (int64_t axis : axes) permuted.push_back(shape[axis]);
  TensorSpec spec = {operand->spec().dtype, std::move(permuted)};
  return ExprBuilder::Make(
      {.op = Expr::Op::kPermute, .spec = std::move(spec), .operands = {std::move(operand)}, .numbers = std::move(axes)});
}

absl::StatusOr<ExprPtr> Slice(ExprPtr operand, Region region) {
  if (!LiesInside(region, operand->spec().shape)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the slice ", RegionToString(region, Extents(region)), " does not lie inside ", ToString(operand->spec())));
  }
  TensorSpec spec = {operand->spec().dtype, Extents(region)};
  return ExprBuilder::Make(
      {.op = Expr::Op::kSlice, .spec = std::move(spec), .operands = {std::move(operand)}, .region = std::move(region)});
}

absl::StatusOr<ExprPtr> Concat(std::vector<ExprPtr> operands, int64_t axis) {
  if (operands.empty()) return absl::InvalidArgumentError("nothing to concatenate");
  TensorSpec spec = operands[0]->spec();
  if (axis < 0 || axis >= static_cast<int64_t>(spec.shape.size())) {
    return absl::InvalidArgumentError(absl::StrCat(ToString(spec), " has no axis ", axis));
  }
  for (size_t k = 1; k < operands.size(); ++k) {
    TensorSpec other = operands[k]->spec();
    const int64_t extent = axis < static_cast<int64_t>(other.shape.size()) ? std::exchange(other.shape[axis], spec.shape[axis]) : 0;
    if (other != spec) {
      return absl::InvalidArgumentError(absl::StrCat(ToString(operands[k]->spec()), " cannot follow ", ToString(operands[0]->spec()),
                                                     " along axis ", axis, ": another axis or the dtype differs"));
    }
    if (__builtin_add_overflow(spec.shape[axis], extent, &spec.shape[axis])) {
      return absl::InvalidArgumentError("the tensors to concatenate have more than 2^63 rows");
    }
  }
  return ExprBuilder::Make({.op = Expr::Op::kConcat, .spec = std::move(spec), .operands = std::move(operands), .numbers = {axis}});
}

absl::StatusOr<ExprPtr> Pad(ExprPtr operand, Shape shape, Region inside) {
  if (!LiesInside(inside, shape) || Extents(inside) != operand->spec().shape) {
    return absl::InvalidArgumentError(absl::StrCat(ToString(operand->spec()), " does not fit exactly at ",
                                                   RegionToString(inside, Extents(inside)), " of ", ShapeToString(shape)));
  }
  TensorSpec spec = {operand->spec().dtype, std::move(shape)};
  return ExprBuilder::Make({.op = Expr::Op::kPad, .spec = std::move(spec), .operands = {std::move(operand)}, .region = std::move(inside)});
}

absl::StatusOr<ExprPtr> Cast(ExprPtr operand, DType dtype) {
  const DType from = operand->spec().dtype;
  if (from != dtype && !(IsRounded(dtype) && (IsRounded(from) || from == DType::kFloat64))) {
    return absl::UnimplementedError(absl::StrCat("a cast from ", DTypeName(from), " to ", DTypeName(dtype), " is not defined"));
  }
  TensorSpec spec = {dtype, operand->spec().shape};
  return ExprBuilder::Make({.op = Expr::Op::kCast, .spec = std::move(spec), .operands = {std::move(operand)}});
}

absl::StatusOr<ExprPtr> Add(ExprPtr left, ExprPtr right) {
  if (left->spec() != right->spec()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot add ", ToString(right->spec()), " to ", ToString(left->spec())));
  }
  if (!IsRounded(left->spec().dtype)) return absl::UnimplementedError(absl::StrCat("a sum in ", DTypeName(left->spec().dtype)));
  TensorSpec spec = left->spec();
  return ExprBuilder::Make({.op = Expr::Op::kAdd, .spec = std::move(spec), .operands = {std::move(left), std::move(right)}});
}

std::string ToString(const Expr& expr) {
  std::vector<std::string> operands;
  for (const ExprPtr& operand : expr.operands()) operands.push_back(ToString(*operand));
  return Render(expr, operands);
}

std::vector<const Expr*> Leaves(const Expr& expr) {
  absl::flat_hash_set<const Expr*> seen;
  std::vector<const Expr*> leaves;
  CollectLeaves(expr, seen, leaves);
  return leaves;
}

}  // namespace weighbridge
