#include "tools/apply_delta.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/recognize.h"
#include "proto/recipe.pb.h"
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
  absl::StatusOr<FileKind> kind = RecognizeFile(*weights->bytes);
  if (!kind.ok()) return kind.status();
  return *kind == FileKind::kSafetensors ? WeightsFormat::kSafetensors : WeightsFormat::kTorch;
}

}  // namespace

absl::StatusOr<bool> ApplyDelta(const ApplyDeltaOptions& options, std::ostream& out) {
  ConversionOptions conversion = options.conversion;
  if (options.base.empty()) return absl::InvalidArgumentError("--base=DIR is missing: the weights that the delta is added to");
  if (options.delta.empty()) return absl::InvalidArgumentError("--delta=DIR is missing: what is added to the base");
  if (conversion.folder.empty() && conversion.NeedsFolder()) {
    return absl::InvalidArgumentError("--target=DIR is missing: the folder for the result");
  }
  if (conversion.format == WeightsFormat::kPdparams) return absl::InvalidArgumentError("--format=pdparams: wanted is torch or safetensors");
  absl::StatusOr<Recipe> recipe = LoadRecipe(options.recipe);
  if (!recipe.ok()) return recipe.status();
  absl::StatusOr<std::vector<PlanSource>> sources =
      OpenSources(*recipe, {{"base", options.base}, {"delta", options.delta}},
                  {.pad_rows = options.conversion.pad_rows, .stop = options.conversion.common.stop});
  if (!sources.ok()) return sources.status();
  if (!conversion.format.has_value()) {
    absl::StatusOr<WeightsFormat> format = FormatLike(*sources->front().checkpoint);
    if (!format.ok()) return format.status();
    conversion.format = *format;
  }
  return Convert(*recipe, *sources, conversion, out);
}

}  // namespace weighbridge
