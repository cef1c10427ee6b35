#ifndef WEIGHBRIDGE_CONVERT_OPEN_SOURCES_H_
#define WEIGHBRIDGE_CONVERT_OPEN_SOURCES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "expr/plan.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_options.h"

namespace weighbridge {

struct SourceOptions {
  std::map<std::string, std::string> paths;  // Of the checkpoints, by id.
  std::string receipts = "";                 // The folder of fetch's receipts (fetch/receipt.h); empty: files have no origins.
  // For sources that recipes make. Parameters may be those of any of the recipes.
  CompileOptions compile = {};
  // By the id of a source, the recipe that makes it in the place of the one that made_by names.
  std::map<std::string, Recipe> makers = {};
};

// Opens the checkpoint of each source of a recipe. A source that another recipe can make (Recipe.Source.made_by) may be given as the
// sources of that one instead: base= and delta= for vicuna=; it is then their plan. What makes a source is not made in its turn.
//
// InvalidArgument when a path has an id that the recipe does not know, or when a source has no path, saying what each expects; otherwise
// fails as CheckParameters, LoadRecipe, OpenCheckpoint, AddOrigins and Compile do, naming the id.
absl::StatusOr<std::vector<PlanSource>> OpenSources(const Recipe& recipe, const SourceOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_OPEN_SOURCES_H_
