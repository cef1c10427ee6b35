#ifndef WEIGHBRIDGE_CONVERT_CONVERSION_H_
#define WEIGHBRIDGE_CONVERT_CONVERSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "expr/plan.h"
#include "formats/directory/checkpoint_layout.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_options.h"

namespace weighbridge {

// What is made of the sources, and in which container.
struct ConversionOptions {
  CompileOptions compile = {};
  WeightsFormat format = WeightsFormat::kPdparams;
  std::optional<int64_t> max_shard_size = std::nullopt;  // Bytes; nothing: one file.
  std::string file_name = "";                            // Of weights in one file; the format's usual name when empty.
  // Whether config.json, the tokenizer's files and others that the recipe states are written beside the weights.
  bool with_side_files = true;
};

// All that can be known of a conversion before a byte is written.
struct Conversion {
  Plan plan;  // Its companions are the side files that will be written.
  CheckpointLayout layout;
  std::vector<std::string> remarks;  // What a user should know though it is no error, a line each.

  // The names of the files of the result: weights, index, side files.
  std::vector<std::string> FileNames() const;
};

// Compiles what `recipe` says of `sources` (OpenSources, with the same compile options) and lays it out. InvalidArgument when the limit of
// a shard is not positive; otherwise fails as Compile, CheckSideFiles and LayOutCheckpoint do.
absl::StatusOr<Conversion> PlanConversion(const Recipe& recipe, const std::vector<PlanSource>& sources, const ConversionOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_CONVERSION_H_
