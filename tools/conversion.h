#ifndef WEIGHBRIDGE_TOOLS_CONVERSION_H_
#define WEIGHBRIDGE_TOOLS_CONVERSION_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "expr/plan.h"
#include "formats/directory/checkpoint_layout.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_options.h"
#include "tools/tool.h"

namespace weighbridge {

// What merge, apply_delta and consolidate have in common: a recipe is applied to checkpoints, and the result is written, judged, published.
struct ConversionOptions {
  ParameterValues parameters = {};                       // Of the recipe, and of those that make its sources; checked.
  std::string folder = "";                               // Of the result; may be empty where nothing is written.
  std::string file_name = "";                            // Of weights in one file; the format's usual name when empty.
  std::optional<WeightsFormat> format = std::nullopt;    // Nothing: what the tool says, else pdparams.
  std::optional<int64_t> max_shard_size = std::nullopt;  // Bytes; nothing: one file.
  // Whether config.json, the tokenizer's files and others that the recipe states are written beside the weights.
  bool with_companions = true;
  std::string manifest_name = "";  // In the folder, when the result is judged; empty: none is written.
  bool verify = true;              // Judge what was written before it gets its name.
  bool dry_run = false;            // Print what would be made, and stop.
  std::string explain = "";        // An RE2: print the expression of each output whose name it matches in part; empty for none.
  bool overwrite = false;
  CommonOptions common = {};
  std::vector<std::string> remarks = {};  // Of the tool, each a line of its own before what is told of the result.

  // Whether the work has no sense without a folder for the result.
  bool NeedsFolder() const { return !dry_run && explain.empty(); }
};

// Makes what `recipe` says of `sources` (OpenSources, with the same parameters). InvalidArgument when the limit of a shard is not positive.
// Yes when the result stands in its folder (or, for a dry run and for an explanation without a folder, when it could be made). No, with
// what differs on `out`, when what was written is not what the recipe says; then nothing was published. Every failure leaves all files as
// they were.
absl::StatusOr<bool> Convert(const Recipe& recipe, const std::vector<PlanSource>& sources, const ConversionOptions& options,
                             std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_CONVERSION_H_
