#include "expr/expr.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "expr/operation.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// Expressions are walked, and freed, by recursion.
constexpr int kMaxDepth = 1000;

std::vector<const TensorSpec*> SpecsOf(absl::Span<const ExprPtr> operands) {
  std::vector<const TensorSpec*> specs;
  specs.reserve(operands.size());
  for (const ExprPtr& operand : operands) specs.push_back(&operand->spec());
  return specs;
}

absl::StatusOr<TensorSpec> ResultSpec(const Operation& operation, absl::Span<const ExprPtr> operands) {
  const int count = static_cast<int>(operands.size());
  const int expected = std::visit([](const auto& it) { return it.kOperands; }, operation);
  if (expected == op::kSeveral ? count == 0 : count != expected) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected ", expected == op::kSeveral ? "at least one operand" : absl::StrCat(expected, " operands"), ", got ", count));
  }
  return std::visit([specs = SpecsOf(operands)](const auto& it) { return it.ResultSpec(specs); }, operation);
}

size_t HashOf(const Operation& operation) {
  const auto hash = [](const auto&... parameters) { return absl::HashOf(parameters...); };
  return std::visit([&](const auto& it) { return std::apply(hash, it.Parameters()); }, operation);
}

bool IsSame(const Operation& a, const Operation& b) {
  return a.index() == b.index() && std::visit(
                                       [&b](const auto& it) {
                                         const auto& other = std::get<std::decay_t<decltype(it)>>(b);
                                         return it.Parameters() == other.Parameters();
                                       },
                                       a);
}

void CollectLeaves(const Expr& expr, absl::flat_hash_set<const Expr*>& seen, std::vector<const Expr*>& leaves) {
  if (!seen.insert(&expr).second) return;
  if (expr.As<op::Read>() != nullptr) leaves.push_back(&expr);
  for (const ExprPtr& operand : expr.operands()) CollectLeaves(*operand, seen, leaves);
}

}  // namespace

Expr::Expr(Key, Operation operation, std::vector<ExprPtr> operands, TensorSpec spec)
    : operation_(std::move(operation)), operands_(std::move(operands)), hash_(absl::HashOf(operation_.index(), HashOf(operation_))) {
  if (As<op::Read>() == nullptr) spec_ = std::move(spec);
  for (const ExprPtr& operand : operands_) {
    depth_ = std::max(depth_, operand->depth_ + 1);
    hash_ = absl::HashOf(hash_, operand->hash_);
  }
}

bool operator==(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  return a.hash_ == b.hash_ && IsSame(a.operation_, b.operation_) &&
         std::equal(a.operands_.begin(), a.operands_.end(), b.operands_.begin(), b.operands_.end(),
                    [](const ExprPtr& left, const ExprPtr& right) { return *left == *right; });
}

absl::StatusOr<ExprPtr> Apply(Operation operation, std::vector<ExprPtr> operands) {
  ASSIGN_OR_RETURN(TensorSpec spec, ResultSpec(operation, operands));
  if (absl::StatusOr<int64_t> size = ByteSize(spec); !size.ok()) return absl::InvalidArgumentError(size.status().message());
  auto expr = std::make_shared<const Expr>(Expr::Key(), std::move(operation), std::move(operands), std::move(spec));
  if (expr->depth_ > kMaxDepth) return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxDepth, " operations on one tensor"));
  return expr;
}

ExprPtr Read(std::string label, StoredTensor tensor) {
  return Read(std::move(label), std::make_shared<const StoredTensor>(std::move(tensor)));
}

ExprPtr Read(std::string label, std::shared_ptr<const StoredTensor> tensor) {
  return Apply(op::Read{std::move(label), std::move(tensor)}, {}).value();  // A StoredTensor that exists is sound, too.
}

absl::StatusOr<ExprPtr> Permute(ExprPtr operand, std::vector<int64_t> axes) {
  return Apply(op::Permute{std::move(axes)}, {std::move(operand)});
}

absl::StatusOr<ExprPtr> Slice(ExprPtr operand, Region region) {
  return Apply(op::Slice{std::move(region)}, {std::move(operand)});
}

absl::StatusOr<ExprPtr> Concat(std::vector<ExprPtr> operands, int64_t axis) {
  return Apply(op::Concat{axis}, std::move(operands));
}

absl::StatusOr<ExprPtr> Pad(ExprPtr operand, Shape shape, Region inside) {
  return Apply(op::Pad{std::move(shape), std::move(inside)}, {std::move(operand)});
}

absl::StatusOr<ExprPtr> Reshape(ExprPtr operand, Shape shape) {
  return Apply(op::Reshape{std::move(shape)}, {std::move(operand)});
}

absl::StatusOr<ExprPtr> Cast(ExprPtr operand, DType dtype) {
  return Apply(op::Cast{dtype}, {std::move(operand)});
}

absl::StatusOr<ExprPtr> Add(ExprPtr left, ExprPtr right) {
  return Apply(op::Add{}, {std::move(left), std::move(right)});
}

std::string ToString(const Expr& expr) {
  const auto [name, parameters] =
      std::visit([specs = SpecsOf(expr.operands())](const auto& it) { return it.Text(specs); }, expr.operation());
  if (expr.operands().empty()) return name;
  std::vector<std::string> words;
  for (const ExprPtr& operand : expr.operands()) words.push_back(ToString(*operand));
  if (!parameters.empty()) words.push_back(parameters);
  return absl::StrCat(name, "(", absl::StrJoin(words, ", "), ")");
}

std::vector<const Expr*> Leaves(const Expr& expr) {
  absl::flat_hash_set<const Expr*> seen;
  std::vector<const Expr*> leaves;
  CollectLeaves(expr, seen, leaves);
  return leaves;
}

}  // namespace weighbridge
