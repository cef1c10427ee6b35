#ifndef WEIGHBRIDGE_RECIPE_COMPILE_ACCOUNTING_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_ACCOUNTING_H_

#include "absl/status/status.h"
#include "expr/plan.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_budget.h"
#include "recipe/source_view.h"

namespace weighbridge {

// Complete accounting, when all outputs are made: fills in the plan's sources, made_sources, used and dropped. A tensor of a checkpoint
// that no output reads is dropped, in the sources' order, for the reason for which it fell: a drop or the edge of the subtree, of this
// recipe or of the one behind a source that is a plan.
//
// FailedPrecondition: a tensor of a source is neither used nor dropped. InvalidArgument: two checkpoints have one id. Otherwise fails as
// the budget does.
absl::Status AccountForSources(const Recipe& recipe, const SourceViews& views, CompileBudget& budget, Plan& plan);

// FailedPrecondition when a source has a tensor that a refusal of the recipe matches, below its subtree.
absl::Status CheckRefusals(const Recipe& recipe, const SourceViews& views, CompileBudget& budget);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_ACCOUNTING_H_
