#include "recipe/compile_steps.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/expr.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_budget.h"
#include "recipe/compile_scope.h"
#include "recipe/compile_token_rows.h"
#include "recipe/source_view.h"

namespace weighbridge {
namespace {

absl::StatusOr<DType> ConfiguredDType(const SourceView& source, const Recipe::ConfigDType& config) {
  std::string name = config.otherwise();
  std::string from = "the recipe";
  for (const std::string& key : config.keys()) {
    if (!source.HasFact(key)) continue;
    const FactValue value = *source.Fact(key);
    from = absl::StrCat("\"", key, "\" of the config");
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return absl::FailedPreconditionError(absl::StrCat(from, " is not a text"));
    name = *text;
    break;
  }
  bool allowed = config.allowed().empty();
  for (const std::string& known : config.allowed()) allowed |= known == name;
  const std::optional<DType> dtype = ParseDType(name);
  if (!dtype.has_value() || !allowed) {
    return absl::FailedPreconditionError(
        absl::StrCat("the dtype \"", name, "\" by ", from, " is none of ", absl::StrJoin(config.allowed(), ", ")));
  }
  return *dtype;
}

absl::StatusOr<ExprPtr> Transpose(ExprPtr expr) {
  if (expr->spec().shape.size() == 2) return Permute(std::move(expr), {1, 0});
  return absl::FailedPreconditionError(absl::StrCat("its shape is ", ShapeToString(expr->spec().shape), "; only a matrix is transposed"));
}

absl::StatusOr<ExprPtr> ApplyAdd(const CheckedAdd& add, ExprPtr expr, absl::string_view name, const CompileScope& outer) {
  const CompileScope scope = outer.Over(add.rule->source());
  ASSIGN_OR_RETURN(std::string from, add.rule->from().empty() ? std::string(name) : outer.Expand(add.from));
  SourceView& source = scope.source();
  const int64_t row = source.Find(from);
  if (row < 0) {
    return absl::NotFoundError(
        absl::StrCat(source.Describe(), ": tensor \"", from, "\" is missing; it is to be added", Explanation(add.rule->if_missing())));
  }
  absl::StatusOr<ExprPtr> addend = ApplySteps(add.steps, source.Use(row), from, scope);
  const std::string where = absl::StrCat(source.Describe(), ": tensor \"", source.rows()[row].stored_name, "\"");
  if (!addend.ok()) return Annotate(addend.status(), where);
  if (expr->spec() != (*addend)->spec()) {
    return absl::FailedPreconditionError(absl::StrCat(where, ", ", ToString((*addend)->spec()), ", cannot be added to ",
                                                      ToString(expr->spec()), Explanation(add.rule->if_spec_differs())));
  }
  return Add(std::move(expr), *std::move(addend));
}

absl::StatusOr<ExprPtr> ApplyStep(const CheckedStep& step, ExprPtr expr, absl::string_view name, const CompileScope& scope) {
  if (const auto* cast = std::get_if<CheckedCast>(&step.kind)) return ApplyCast(*cast, std::move(expr), scope);
  if (const auto* rows = std::get_if<CheckedTokenRows>(&step.kind)) {
    return AddTokenRows(*rows->rule, rows->pad_rows, std::move(expr), scope.source());
  }
  if (const auto* add = std::get_if<CheckedAdd>(&step.kind)) return ApplyAdd(*add, std::move(expr), name, scope);
  return Transpose(std::move(expr));
}

}  // namespace

absl::StatusOr<ExprPtr> ApplyCast(const CheckedCast& cast, ExprPtr expr, const CompileScope& scope) {
  if (cast.rule->floating_point_only() && !IsFloatingPoint(expr->spec().dtype)) return expr;
  if (cast.dtype.has_value()) return Cast(std::move(expr), *cast.dtype);
  ASSIGN_OR_RETURN(const DType dtype, ConfiguredDType(scope.source(), cast.rule->config()));
  return Cast(std::move(expr), dtype);
}

absl::StatusOr<ExprPtr> ApplySteps(const std::vector<CheckedStep>& steps, ExprPtr expr, absl::string_view name, const CompileScope& scope) {
  for (const CheckedStep& step : steps) {
    RETURN_IF_ERROR(scope.budget().ChargeWork(CompileBudget::kMaking));
    ASSIGN_OR_RETURN(expr, ApplyStep(step, std::move(expr), name, scope));
  }
  return expr;
}

}  // namespace weighbridge
