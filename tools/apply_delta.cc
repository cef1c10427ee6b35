#include "tools/apply_delta.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/recognize.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"
#include "tools/conversion.h"
#include "tools/sources.h"

namespace weighbridge {
namespace {

// The container of a model like this one: safetensors where its weights are, else torch's.
absl::StatusOr<WeightsFormat> FormatLike(const Checkpoint& checkpoint) {
  const auto weights = std::find_if(checkpoint.files.begin(), checkpoint.files.end(),
                                    [](const CheckpointFile& file) { return file.role == CheckpointFile::Role::kWeights; });
  if (weights == checkpoint.files.end()) return WeightsFormat::kTorch;
  ASSIGN_OR_RETURN(FileKind kind, RecognizeFile(*weights->bytes));
  return kind == FileKind::kSafetensors ? WeightsFormat::kSafetensors : WeightsFormat::kTorch;
}

}  // namespace

absl::StatusOr<bool> ApplyDelta(const ApplyDeltaOptions& options, std::ostream& out) {
  ConversionOptions conversion = options.conversion;
  ASSIGN_OR_RETURN(const Recipe recipe, LoadRecipe(options.recipe));
  RETURN_IF_ERROR(CheckParameters(conversion.parameters, {recipe}));
  if (options.base.empty()) return absl::InvalidArgumentError("--base=DIR is missing: the weights that the delta is added to");
  if (options.delta.empty()) return absl::InvalidArgumentError("--delta=DIR is missing: what is added to the base");
  if (conversion.folder.empty() && conversion.NeedsFolder()) {
    return absl::InvalidArgumentError("--target=DIR is missing: the folder for the result");
  }
  if (conversion.format == WeightsFormat::kPdparams) return absl::InvalidArgumentError("--format=pdparams: wanted is torch or safetensors");
  absl::StatusOr<std::vector<PlanSource>> sources =
      OpenSources(recipe, {{"base", options.base}, {"delta", options.delta}},
                  {.parameters = options.conversion.parameters, .stop = options.conversion.common.stop});
  if (!sources.ok()) return sources.status();
  if (!conversion.format.has_value()) {
    ASSIGN_OR_RETURN(WeightsFormat format, FormatLike(*sources->front().checkpoint));
    conversion.format = format;
  }
  return Convert(recipe, *sources, conversion, out);
}

}  // namespace weighbridge
