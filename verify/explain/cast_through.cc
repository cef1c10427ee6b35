#include "verify/explain/cast_through.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/operation.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

absl::StatusOr<ExprPtr> CastTwice(absl::StatusOr<ExprPtr> expr, DType through, DType dtype) {
  if (expr.ok()) expr = Cast(*expr, through);
  if (expr.ok()) expr = Cast(*expr, dtype);
  return expr;
}

class Rewriting {
 public:
  explicit Rewriting(DType through) : through_(through) {}

  // Each node is rewritten once, whatever shares it.
  absl::StatusOr<ExprPtr> Rewrite(const ExprPtr& expr) {
    if (const auto known = done_.find(expr.get()); known != done_.end()) return known->second;
    std::vector<ExprPtr> operands;
    for (const ExprPtr& operand : expr->operands()) {
      ASSIGN_OR_RETURN(ExprPtr rewritten, Rewrite(operand));
      operands.push_back(std::move(rewritten));
    }
    absl::StatusOr<ExprPtr> result = Rebuild(expr, std::move(operands));
    if (result.ok()) done_.emplace(expr.get(), *result);
    return result;
  }

  bool changed() const { return changed_; }

 private:
  absl::StatusOr<ExprPtr> Rebuild(const ExprPtr& expr, std::vector<ExprPtr> operands) {
    if (expr->As<op::Read>() != nullptr) return expr;
    const bool is_sum = expr->As<op::Add>() != nullptr;
    if (!is_sum && expr->As<op::Cast>() == nullptr) return Apply(expr->operation(), std::move(operands));
    changed_ = true;
    return CastTwice(is_sum ? Sum(operands) : operands[0], through_, expr->spec().dtype);
  }

  static absl::StatusOr<ExprPtr> Sum(const std::vector<ExprPtr>& operands) {
    ASSIGN_OR_RETURN(const ExprPtr left, Cast(operands[0], DType::kFloat32));
    ASSIGN_OR_RETURN(const ExprPtr right, Cast(operands[1], DType::kFloat32));
    return Add(left, right);
  }

  DType through_;
  bool changed_ = false;
  std::map<const Expr*, ExprPtr> done_;
};

}  // namespace

ExprPtr CastThrough(const ExprPtr& expr, DType through) {
  Rewriting rewriting(through);
  absl::StatusOr<ExprPtr> result = rewriting.Rewrite(expr);
  return result.ok() && rewriting.changed() ? *result : nullptr;
}

}  // namespace weighbridge
