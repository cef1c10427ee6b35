#ifndef WEIGHBRIDGE_EXPR_OPERATION_H_
#define WEIGHBRIDGE_EXPR_OPERATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

// The operations of the language, each with all that there is to say of it: its parameters, what its result's elements are, its type rule,
// its text, and when two of them are the same. To add one, add its struct and a line to Operation; the compiler then names every visitor
// that does not know it: expr_testing (definition and random example), execute/normal_form, verify/reference/evaluate.

namespace weighbridge {

// The specs of an operation's operands, in their order.
using OperandSpecs = absl::Span<const TensorSpec* const>;

// An operation is written NAME(OPERAND, …, PARAMETERS), and one without operands by its name alone.
struct OperationText {
  std::string name;
  std::string parameters = "";
};

namespace op {

// The number of operands of an operation that takes one or more.
inline constexpr int kSeveral = -1;

// In each of these, ResultSpec is the type rule: it is given as many operands as kOperands says, and fails with InvalidArgument where they
// do not fit and with Unimplemented where the operation is not defined for their dtype. Text is given the same operands, which fit.
// Parameters is what two operations with the same operands differ in, if they differ at all.

// A stored tensor, bit for bit. Two are the same when they read the same stored elements, whatever these are called.
struct Read {
  static constexpr int kOperands = 0;
  std::string label;  // "SOURCE/NAME", "vicuna/model.norm.weight".
  std::shared_ptr<const StoredTensor> tensor;

  absl::StatusOr<TensorSpec> ResultSpec(OperandSpecs operands) const;
  OperationText Text(OperandSpecs operands) const;
  std::tuple<const ByteSource*, int64_t, absl::Span<const int64_t>, const TensorSpec&> Parameters() const {
    return {tensor->source().get(), tensor->offset(), tensor->strides(), tensor->spec()};
  }
};

// Axis k of the result is axis axes[k] of the operand; `axes` is a permutation of 0 … rank - 1.
struct Permute {
  static constexpr int kOperands = 1;
  std::vector<int64_t> axes;

  absl::StatusOr<TensorSpec> ResultSpec(OperandSpecs operands) const;
  OperationText Text(OperandSpecs operands) const;
  auto Parameters() const { return std::tie(axes); }
};

// The operand's elements in `region`, which lies inside it.
struct Slice {
  static constexpr int kOperands = 1;
  Region region;

  absl::StatusOr<TensorSpec> ResultSpec(OperandSpecs operands) const;
  OperationText Text(OperandSpecs operands) const;
  auto Parameters() const { return std::tie(region); }
};

// The operands, one after the other along `axis`. They agree in dtype, rank and the extents of the other axes.
struct Concat {
  static constexpr int kOperands = kSeveral;
  int64_t axis = 0;

  absl::StatusOr<TensorSpec> ResultSpec(OperandSpecs operands) const;
  OperationText Text(OperandSpecs operands) const;
  auto Parameters() const { return std::tie(axis); }
};

// A tensor of `shape` that has the operand at `inside`, where it fits exactly, and is zero (all bits) elsewhere.
struct Pad {
  static constexpr int kOperands = 1;
  Shape shape;
  Region inside;

  absl::StatusOr<TensorSpec> ResultSpec(OperandSpecs operands) const;
  OperationText Text(OperandSpecs operands) const;
  auto Parameters() const { return std::tie(shape, inside); }
};

// The operand's elements, in the same row-major order, as a tensor of `shape`, which has as many of them.
struct Reshape {
  static constexpr int kOperands = 1;
  Shape shape;

  absl::StatusOr<TensorSpec> ResultSpec(OperandSpecs operands) const;
  OperationText Text(OperandSpecs operands) const;
  auto Parameters() const { return std::tie(shape); }
};

// Each element rounded to nearest even; beyond the largest finite value to infinity. A cast to the operand's own dtype is the operand, bit
// for bit. NaN: a cast to bfloat16 gives 0x7fc0; a narrowing cast gives sign | 0x7e00 in float16, sign | 0x7fc00000 in float32; a widening
// cast (float16 or bfloat16 to float32) keeps sign and payload and sets the quiet bit. Defined where both dtypes are among float16,
// bfloat16, float32 and float64 (float64 only as the operand), or equal.
struct Cast {
  static constexpr int kOperands = 1;
  DType dtype = DType::kFloat32;

  absl::StatusOr<TensorSpec> ResultSpec(OperandSpecs operands) const;
  OperationText Text(OperandSpecs operands) const;
  auto Parameters() const { return std::tie(dtype); }
};

// The exact sum, element by element, rounded once. NaN: sign | 0x7e00 in float16 and sign | 0x7fc00000 in float32, where the sign is that
// of the first operand that is NaN, and 1 for infinities of opposite sign (0xfe00, 0xffc00000); 0x7fc0 in bfloat16. The operands have one
// spec; defined in float16, bfloat16 and float32.
struct Add {
  static constexpr int kOperands = 2;

  absl::StatusOr<TensorSpec> ResultSpec(OperandSpecs operands) const;
  OperationText Text(OperandSpecs operands) const;
  auto Parameters() const { return std::tie(); }
};

}  // namespace op

using Operation = std::variant<op::Read, op::Permute, op::Slice, op::Concat, op::Pad, op::Reshape, op::Cast, op::Add>;

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXPR_OPERATION_H_
