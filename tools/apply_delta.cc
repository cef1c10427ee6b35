#include "tools/apply_delta.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/recognize.h"
#include "plan/plan.h"
#include "proto/recipe.pb.h"
#include "recipes/recipes.h"
#include "tools/conversion.h"
#include "tools/sources.h"

namespace weighbridge {
namespace {

absl::StatusOr<WeightsFormat> FormatOf(const Checkpoint& checkpoint) {
  const auto weights = std::find_if(checkpoint.files.begin(), checkpoint.files.end(),
                                    [](const CheckpointFile& file) { return file.role == CheckpointFile::Role::kWeights; });
  if (weights == checkpoint.files.end()) return WeightsFormat::kTorch;
  absl::StatusOr<FileKind> kind = RecognizeFile(*weights->bytes);
  if (!kind.ok()) return kind.status();
  return *kind == FileKind::kSafetensors ? WeightsFormat::kSafetensors : WeightsFormat::kTorch;
}

}  // namespace

absl::StatusOr<bool> ApplyDelta(const ApplyDeltaOptions& options, std::ostream& out) {
  const std::pair<const char*, const std::string*> wanted[] = {
      {"--base=DIR is missing: the weights that the delta is added to", &options.base},
      {"--delta=DIR is missing: what is added to the base", &options.delta},
      {"--target=DIR is missing: the folder for the result", &options.conversion.folder},
  };
  for (const auto& [message, value] : wanted) {
    const bool writes_nothing = options.conversion.dry_run || !options.conversion.explain.empty();
    if (value->empty() && !(value == &options.conversion.folder && writes_nothing)) return absl::InvalidArgumentError(message);
  }
  absl::StatusOr<Recipe> recipe = LoadRecipe(options.recipe);
  if (!recipe.ok()) return recipe.status();
  absl::StatusOr<std::vector<PlanSource>> sources =
      OpenSources(*recipe, {{"base", options.base}, {"delta", options.delta}}, {.pad_rows = options.conversion.pad_rows});
  if (!sources.ok()) return sources.status();
  ConversionOptions conversion = options.conversion;
  absl::StatusOr<WeightsFormat> format = options.format.has_value() ? *options.format : FormatOf(*sources->front().checkpoint);
  if (!format.ok()) return format.status();
  conversion.format = *format;
  return Convert(*recipe, *sources, conversion, out);
}

}  // namespace weighbridge
