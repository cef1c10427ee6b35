#ifndef WEIGHBRIDGE_RECIPE_COMPILE_RESULT_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_RESULT_H_

#include "absl/status/status.h"
#include "expr/plan.h"
#include "recipe/checked_recipe.h"
#include "recipe/compile_budget.h"
#include "recipe/source_view.h"

namespace weighbridge {

// What belongs to the result beside its tensors, when its outputs are made: fills in the plan's companions, facts and module_versions.
// Where the config's source has no config.json, there is none. A generation_config.json that must be changed and is no JSON is passed over,
// with a remark.
//
// NotFound: an output that gives an extent is missing, or a config value for the count of modules. FailedPrecondition: such an output has
// no such axis. A config.json that is changed fails as ParseJsonMembers and ReadAll, naming the file. Otherwise fails as
// the budget does.
absl::Status MakeResult(const CheckedRecipe& recipe, SourceViews& views, CompileBudget& budget, Plan& plan);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_RESULT_H_
