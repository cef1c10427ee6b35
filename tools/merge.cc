#include "tools/merge.h"

#include <ostream>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "convert/open_sources.h"
#include "expr/plan.h"
#include "proto/recipe.pb.h"
#include "recipes/recipes.h"
#include "tools/conversion.h"
#include "tools/fetch_environment.h"

namespace weighbridge {

absl::StatusOr<bool> Merge(const MergeOptions& options, std::ostream& out) {
  ASSIGN_OR_RETURN(Recipe recipe, LoadRecipe(options.recipe));
  const ConversionRequest& request = options.request;
  ASSIGN_OR_RETURN(std::vector<PlanSource> sources,
                   OpenSources(recipe, {.paths = options.sources, .receipts = ReceiptsFolder(), .compile = request.conversion.compile}));
  if (request.convert.folder.empty() && request.NeedsFolder()) {
    return absl::InvalidArgumentError("--save_path=DIR is missing: the folder for the result");
  }
  return RunConversion(recipe, sources, request, out);
}

}  // namespace weighbridge
