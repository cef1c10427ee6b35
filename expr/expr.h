#ifndef WEIGHBRIDGE_EXPR_EXPR_H_
#define WEIGHBRIDGE_EXPR_EXPR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "expr/operation.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

class Expr;
// Expressions are immutable and shared; they form a tree (or, where an operand is used twice, a DAG) without cycles.
using ExprPtr = std::shared_ptr<const Expr>;

// What makes an output tensor out of stored ones: data, not code. An Expr that exists is sound: its operands fit its operation, its result
// has fewer than 2^63 bytes, and it is at most 1000 operations deep. Whoever evaluates one (execute/, verify/reference/) gives each
// operation the meaning stated in operation.h.
class Expr {
  struct Key {};  // Only Apply makes expressions.

 public:
  Expr(Key, Operation operation, std::vector<ExprPtr> operands, TensorSpec spec);

  const Operation& operation() const { return operation_; }
  // The operation if it is of that kind, else nullptr: expr.As<op::Permute>().
  template <typename Op>
  const Op* As() const {
    return std::get_if<Op>(&operation_);
  }
  absl::Span<const ExprPtr> operands() const { return operands_; }
  // Of the result.
  const TensorSpec& spec() const { return As<op::Read>() != nullptr ? tensor().spec() : spec_; }

  // Of a Read only.
  const StoredTensor& tensor() const { return *As<op::Read>()->tensor; }
  const std::string& tensor_label() const { return As<op::Read>()->label; }

  // Whether both are the same operations on the same stored elements, whatever these are called.
  friend bool operator==(const Expr& a, const Expr& b);
  template <typename H>
  friend H AbslHashValue(H hash, const Expr& expr) {
    return H::combine(std::move(hash), expr.hash_);
  }

 private:
  friend absl::StatusOr<ExprPtr> Apply(Operation operation, std::vector<ExprPtr> operands);

  Operation operation_;
  std::vector<ExprPtr> operands_;
  TensorSpec spec_;    // Empty for a Read, whose tensor has it.
  size_t hash_;        // Of everything below, too.
  int32_t depth_ = 1;  // Operations on the longest way down to a Read.
};

// The operation on those operands. Fails as its type rule does; InvalidArgument also for another number of operands than it takes, and for
// results that are too large or too deep.
absl::StatusOr<ExprPtr> Apply(Operation operation, std::vector<ExprPtr> operands);

// The same, by name.
ExprPtr Read(std::string label, StoredTensor tensor);
ExprPtr Read(std::string label, std::shared_ptr<const StoredTensor> tensor);
absl::StatusOr<ExprPtr> Permute(ExprPtr operand, std::vector<int64_t> axes);
absl::StatusOr<ExprPtr> Slice(ExprPtr operand, Region region);
absl::StatusOr<ExprPtr> Concat(std::vector<ExprPtr> operands, int64_t axis);
absl::StatusOr<ExprPtr> Pad(ExprPtr operand, Shape shape, Region inside);
absl::StatusOr<ExprPtr> Reshape(ExprPtr operand, Shape shape);
absl::StatusOr<ExprPtr> Cast(ExprPtr operand, DType dtype);
absl::StatusOr<ExprPtr> Add(ExprPtr left, ExprPtr right);

// "transpose(cast(vicuna/lm_head.weight, float16))"; a Permute of two axes that changes them is written transpose(…), others
// permute(…, [2, 0, 1]); slice(…, [0:32000, :]), pad(…, [32001, 4096]), or pad(…, [32001, 4096], at=[1, 0]) where the operand does not
// start at zero; concat(…, …, axis=0), reshape(…, [2, 3, 4]), add(…, …).
std::string ToString(const Expr& expr);

// The Reads below `expr`, each once, in the order of ToString.
std::vector<const Expr*> Leaves(const Expr& expr);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXPR_EXPR_H_
