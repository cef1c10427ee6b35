#include "tools/consolidate.h"

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "convert/choose_format.h"
#include "convert/consolidation.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "recipe/compile.h"
#include "tools/conversion.h"

namespace weighbridge {

absl::StatusOr<bool> Consolidate(const ConsolidateOptions& options, std::ostream& out) {
  if (options.model.empty()) return absl::InvalidArgumentError("--model=CHECKPOINT is missing");
  if (options.output.empty()) return absl::InvalidArgumentError("--output=FILE is missing");
  ASSIGN_OR_RETURN(Checkpoint model, OpenCheckpoint(options.model));
  ASSIGN_OR_RETURN(const Consolidation chosen, ChooseConsolidation(model, options.recipe, options.dtype));
  RETURN_IF_ERROR(CheckParameters(options.request.conversion.compile.parameters, {chosen.recipe}));

  ConversionRequest request = options.request;
  request.told_first =
      absl::StrCat("recipe: ", chosen.recipe_name, chosen.is_copy ? ", all tensors as they are (" : " (", chosen.reason, ")");
  const std::filesystem::path output(options.output);
  request.conversion.format = options.format.value_or(FormatByName(options.output));
  request.conversion.file_name = output.filename().string();
  request.convert.folder = output.has_parent_path() ? output.parent_path().string() : std::string(".");
  request.convert.is_single_file = output.has_filename();
  return RunConversion(chosen.recipe, {{.id = kConsolidatedSource, .checkpoint = std::make_shared<const Checkpoint>(std::move(model))}},
                       std::move(request), out);
}

}  // namespace weighbridge
