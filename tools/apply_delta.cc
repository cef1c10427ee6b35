#include "tools/apply_delta.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "convert/choose_format.h"
#include "convert/open_sources.h"
#include "expr/plan.h"
#include "formats/directory/checkpoint_layout.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"
#include "tools/conversion.h"
#include "tools/fetch_environment.h"

namespace weighbridge {
absl::StatusOr<bool> ApplyDelta(const ApplyDeltaOptions& options, std::ostream& out) {
  ConversionRequest request = options.request;
  ASSIGN_OR_RETURN(const Recipe recipe, LoadRecipe(options.recipe));
  RETURN_IF_ERROR(CheckParameters(request.conversion.compile.parameters, {recipe}));
  if (options.base.empty()) return absl::InvalidArgumentError("--base=DIR is missing: the weights that the delta is added to");
  if (options.delta.empty()) return absl::InvalidArgumentError("--delta=DIR is missing: what is added to the base");
  if (request.convert.folder.empty() && request.NeedsFolder()) {
    return absl::InvalidArgumentError("--target=DIR is missing: the folder for the result");
  }
  if (options.format == WeightsFormat::kPdparams) return absl::InvalidArgumentError("--format=pdparams: expected torch or safetensors");
  ASSIGN_OR_RETURN(std::vector<PlanSource> sources, OpenSources(recipe, {.paths = {{"base", options.base}, {"delta", options.delta}},
                                                                         .receipts = ReceiptsFolder(),
                                                                         .compile = request.conversion.compile}));
  if (options.format.has_value()) {
    request.conversion.format = *options.format;
  } else {
    const auto base = std::find_if(sources.begin(), sources.end(), [](const PlanSource& source) { return source.id == "base"; });
    if (base == sources.end() || base->checkpoint == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("--recipe=", options.recipe, ": it has no source \"base\" of its own; give --format"));
    }
    ASSIGN_OR_RETURN(request.conversion.format, FormatLike(*base->checkpoint));
  }
  return RunConversion(recipe, sources, std::move(request), out);
}

}  // namespace weighbridge
