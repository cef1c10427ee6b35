#ifndef WEIGHBRIDGE_RECIPE_COMPILE_STEPS_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_STEPS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "expr/expr.h"
#include "recipe/checked_recipe.h"
#include "recipe/compile_scope.h"

namespace weighbridge {

// Does a recipe's steps, one after the other, to a tensor of the scope's source that is called `name` there. Marks what it adds as used.
// Fails as Compile says; messages name the source and the tensor only of another source's.
absl::StatusOr<ExprPtr> ApplySteps(const std::vector<CheckedStep>& steps, ExprPtr expr, absl::string_view name, const CompileScope& scope);

// The one step that a section also has.
absl::StatusOr<ExprPtr> ApplyCast(const CheckedCast& cast, ExprPtr expr, const CompileScope& scope);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_STEPS_H_
