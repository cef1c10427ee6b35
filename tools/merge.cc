#include "tools/merge.h"

#include <ostream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "expr/plan.h"
#include "proto/recipe.pb.h"
#include "recipes/recipes.h"
#include "tools/conversion.h"
#include "tools/sources.h"

namespace weighbridge {

absl::StatusOr<bool> Merge(const MergeOptions& options, std::ostream& out) {
  ASSIGN_OR_RETURN(Recipe recipe, LoadRecipe(options.recipe));
  absl::StatusOr<std::vector<PlanSource>> sources =
      OpenSources(recipe, options.sources, {.parameters = options.conversion.parameters, .stop = options.conversion.common.stop});
  if (!sources.ok()) return sources.status();
  if (options.conversion.folder.empty() && options.conversion.NeedsFolder()) {
    return absl::InvalidArgumentError("--save_path=DIR is missing: the folder for the result");
  }
  return Convert(recipe, *sources, options.conversion, out);
}

}  // namespace weighbridge
