#ifndef WEIGHBRIDGE_EXPR_EXPR_H_
#define WEIGHBRIDGE_EXPR_EXPR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

class Expr;
// Expressions are immutable and shared; they form a tree (or, where an operand is used twice, a DAG) without cycles.
using ExprPtr = std::shared_ptr<const Expr>;

// What makes an output tensor out of stored ones: data, not code. The factories below check that operands fit; an Expr that exists is
// sound, and at most 1000 operations deep: every factory refuses to go deeper with InvalidArgument. Whoever evaluates one (plan's executor,
// verify's evaluator) gives each operation the meaning stated at its factory.
class Expr {
 public:
  enum class Op { kRead, kPermute, kSlice, kConcat, kPad, kCast, kAdd };

  Op op() const { return op_; }
  // Of the result.
  const TensorSpec& spec() const { return tensor_ != nullptr ? tensor_->spec() : spec_; }
  absl::Span<const ExprPtr> operands() const { return operands_; }

  // kRead only.
  const StoredTensor& tensor() const { return *tensor_; }
  const std::string& tensor_label() const { return label_; }  // "vicuna/model.norm.weight"
  // kPermute only: axis k of the result is axis axes()[k] of the operand.
  absl::Span<const int64_t> axes() const { return numbers_; }
  // kSlice only: the operand's elements that are kept, one range per axis.
  const Region& region() const { return region_; }
  // kConcat only: the axis along which the operands follow each other.
  int64_t axis() const { return numbers_[0]; }
  // kPad only: where the operand's elements lie in the result, one range per axis; everything else is zero.
  const Region& inside() const { return region_; }

 private:
  friend struct ExprBuilder;
  Expr() = default;

  Op op_ = Op::kRead;
  int depth_ = 1;    // Operations on the longest way down to a Read.
  TensorSpec spec_;  // Of other operations than kRead.
  std::vector<ExprPtr> operands_;
  std::shared_ptr<const StoredTensor> tensor_;
  std::string label_;
  std::vector<int64_t> numbers_;
  Region region_;
};

// A stored tensor, bit for bit. `label` is "SOURCE/NAME", for messages and for ToString.
ExprPtr Read(std::string label, StoredTensor tensor);
// As above, of a tensor that others hold too: its checkpoint.
ExprPtr Read(std::string label, std::shared_ptr<const StoredTensor> tensor);

// InvalidArgument when `axes` is no permutation of 0 … rank - 1.
absl::StatusOr<ExprPtr> Permute(ExprPtr operand, std::vector<int64_t> axes);

// InvalidArgument when the region does not lie inside the operand.
absl::StatusOr<ExprPtr> Slice(ExprPtr operand, Region region);

// InvalidArgument when there are no operands, or they differ in dtype, rank or extents of the other axes.
absl::StatusOr<ExprPtr> Concat(std::vector<ExprPtr> operands, int64_t axis);

// The operand at `inside` of a tensor of `shape` that is zero (all bits) elsewhere. InvalidArgument when it does not fit there exactly.
absl::StatusOr<ExprPtr> Pad(ExprPtr operand, Shape shape, Region inside);

// Each element rounded to nearest even; beyond the largest finite value to infinity. A cast to the operand's own dtype is the operand, bit
// for bit. NaN: a cast to bfloat16 gives 0x7fc0; a narrowing cast gives sign | 0x7e00 in float16, sign | 0x7fc00000 in float32; a widening
// cast (float16 or bfloat16 to float32) keeps sign and payload and sets the quiet bit. Unimplemented unless both dtypes are among
// float16, bfloat16, float32 and float64 (float64 only as the operand), or equal.
absl::StatusOr<ExprPtr> Cast(ExprPtr operand, DType dtype);

// The exact sum, element by element, rounded once. NaN: sign | 0x7e00 in float16 and sign | 0x7fc00000 in float32, where the sign is that
// of the first operand that is NaN, and 1 for infinities of opposite sign (0xfe00, 0xffc00000); 0x7fc0 in bfloat16. InvalidArgument when
// specs differ, Unimplemented unless the dtype is float16, bfloat16 or float32.
absl::StatusOr<ExprPtr> Add(ExprPtr left, ExprPtr right);

// "transpose(cast(vicuna/lm_head.weight, float16))"; a Permute of two axes is written transpose(…), others permute(…, [2, 0, 1]);
// slice(…, [0:32000, :]), pad(…, [32001, 4096]), or pad(…, [32001, 4096], at=[1, 0]) where the operand does not start
// at zero; concat(…, …, axis=0), add(…, …).
std::string ToString(const Expr& expr);

// The Read nodes below `expr`, each once, in the order of ToString.
std::vector<const Expr*> Leaves(const Expr& expr);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXPR_EXPR_H_
