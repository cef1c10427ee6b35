#include "convert/conversion.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "convert/check_side_files.h"
#include "convert/result_metadata.h"
#include "execute/layout_rows.h"
#include "expr/plan.h"
#include "formats/directory/checkpoint_layout.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"

namespace weighbridge {

std::vector<std::string> Conversion::FileNames() const {
  std::vector<std::string> names;
  for (const CheckpointLayout::Weights& weights : layout.weights) names.push_back(weights.name);
  if (layout.index.has_value()) names.push_back(layout.index->name);
  for (const Companion& side_file : plan.companions) names.push_back(side_file.name);
  return names;
}

absl::StatusOr<Conversion> PlanConversion(const Recipe& recipe, const std::vector<PlanSource>& sources, const ConversionOptions& options) {
  Conversion conversion;
  ASSIGN_OR_RETURN(conversion.plan, Compile(recipe, sources, options.compile));
  Plan& plan = conversion.plan;
  if (!options.with_side_files) plan.companions.clear();
  RETURN_IF_ERROR(CheckSideFiles(plan));
  if (options.max_shard_size.has_value() && *options.max_shard_size <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("--max_shard_size=", *options.max_shard_size, ": expected at least one byte"));
  }
  ASSIGN_OR_RETURN(conversion.layout, LayOutCheckpoint(LayoutRows(plan), {.format = options.format,
                                                                          .max_shard_size = options.max_shard_size,
                                                                          .module_versions = plan.module_versions,
                                                                          .metadata = ResultMetadata(plan),
                                                                          .file_name = options.file_name}));
  conversion.remarks = ConversionRemarks(plan, options.format);
  return conversion;
}

}  // namespace weighbridge
