#include "expr/operation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge::op {
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

}  // namespace

absl::StatusOr<TensorSpec> Read::ResultSpec(OperandSpecs /*operands*/) const {
  return tensor->spec();
}

OperationText Read::Text(OperandSpecs /*operands*/) const {
  return {label};
}

absl::StatusOr<TensorSpec> Permute::ResultSpec(OperandSpecs operands) const {
  const Shape& shape = operands[0]->shape;
  std::vector<int64_t> sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  bool is_permutation = axes.size() == shape.size();
  for (size_t k = 0; is_permutation && k < sorted.size(); ++k) is_permutation = sorted[k] == static_cast<int64_t>(k);
  if (!is_permutation) {
    return absl::InvalidArgumentError(absl::StrCat(ShapeToString(axes), " is not a permutation of the axes of ", ToString(*operands[0])));
  }
  TensorSpec result = {operands[0]->dtype, {}};
  for (int64_t axis : axes) result.shape.push_back(shape[axis]);
  return result;
}

OperationText Permute::Text(OperandSpecs /*operands*/) const {
  if (axes == std::vector<int64_t>{1, 0}) return {"transpose"};
  return {"permute", ShapeToString(axes)};
}

absl::StatusOr<TensorSpec> Slice::ResultSpec(OperandSpecs operands) const {
  if (!LiesInside(region, operands[0]->shape)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the slice ", RegionToString(region, Extents(region)), " does not lie inside ", ToString(*operands[0])));
  }
  return TensorSpec{operands[0]->dtype, Extents(region)};
}

OperationText Slice::Text(OperandSpecs operands) const {
  return {"slice", RegionToString(region, operands[0]->shape)};
}

absl::StatusOr<TensorSpec> Concat::ResultSpec(OperandSpecs operands) const {
  TensorSpec result = *operands[0];
  if (axis < 0 || axis >= static_cast<int64_t>(result.shape.size())) {
    return absl::InvalidArgumentError(absl::StrCat(ToString(result), " has no axis ", axis));
  }
  for (const TensorSpec* operand : operands.subspan(1)) {
    TensorSpec other = *operand;
    const int64_t extent = axis < static_cast<int64_t>(other.shape.size()) ? std::exchange(other.shape[axis], result.shape[axis]) : 0;
    if (other != result) {
      return absl::InvalidArgumentError(absl::StrCat(ToString(*operand), " cannot follow ", ToString(*operands[0]), " along axis ", axis,
                                                     ": another axis or the dtype differs"));
    }
    if (__builtin_add_overflow(result.shape[axis], extent, &result.shape[axis])) {
      return absl::InvalidArgumentError("the tensors to concatenate have more than 2^63 rows");
    }
  }
  return result;
}

OperationText Concat::Text(OperandSpecs /*operands*/) const {
  return {"concat", absl::StrCat("axis=", axis)};
}

absl::StatusOr<TensorSpec> Pad::ResultSpec(OperandSpecs operands) const {
  if (!LiesInside(inside, shape) || Extents(inside) != operands[0]->shape) {
    return absl::InvalidArgumentError(absl::StrCat(ToString(*operands[0]), " does not fit exactly at ",
                                                   RegionToString(inside, Extents(inside)), " of ", ShapeToString(shape)));
  }
  return TensorSpec{operands[0]->dtype, shape};
}

// Where the operand does not begin at zero its origin is written, too.
OperationText Pad::Text(OperandSpecs /*operands*/) const {
  std::vector<int64_t> origin;
  for (const IndexRange& range : inside) origin.push_back(range.begin);
  const bool at_zero = std::all_of(origin.begin(), origin.end(), [](int64_t begin) { return begin == 0; });
  return {"pad", absl::StrCat(ShapeToString(shape), at_zero ? "" : absl::StrCat(", at=", ShapeToString(origin)))};
}

absl::StatusOr<TensorSpec> Reshape::ResultSpec(OperandSpecs operands) const {
  const absl::StatusOr<int64_t> count = ElementCount(shape);
  if (!count.ok() || *count != ElementCount(operands[0]->shape).value_or(0)) {
    return absl::InvalidArgumentError(absl::StrCat(ToString(*operands[0]), " has another number of elements than ", ShapeToString(shape)));
  }
  return TensorSpec{operands[0]->dtype, shape};
}

OperationText Reshape::Text(OperandSpecs /*operands*/) const {
  return {"reshape", ShapeToString(shape)};
}

absl::StatusOr<TensorSpec> Cast::ResultSpec(OperandSpecs operands) const {
  const DType from = operands[0]->dtype;
  if (from != dtype && !(IsRounded(dtype) && (IsRounded(from) || from == DType::kFloat64))) {
    return absl::UnimplementedError(absl::StrCat("a cast from ", DTypeName(from), " to ", DTypeName(dtype), " is not defined"));
  }
  return TensorSpec{dtype, operands[0]->shape};
}

OperationText Cast::Text(OperandSpecs /*operands*/) const {
  return {"cast", std::string(DTypeName(dtype))};
}

absl::StatusOr<TensorSpec> Add::ResultSpec(OperandSpecs operands) const {
  const TensorSpec& left = *operands[0];
  if (left != *operands[1]) return absl::InvalidArgumentError(absl::StrCat("cannot add ", ToString(*operands[1]), " to ", ToString(left)));
  if (!IsRounded(left.dtype)) return absl::UnimplementedError(absl::StrCat("a sum in ", DTypeName(left.dtype), " is not defined"));
  return left;
}

OperationText Add::Text(OperandSpecs /*operands*/) const {
  return {"add"};
}

}  // namespace weighbridge::op
