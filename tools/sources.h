#ifndef WEIGHBRIDGE_TOOLS_SOURCES_H_
#define WEIGHBRIDGE_TOOLS_SOURCES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_options.h"

namespace weighbridge {

// Opens the checkpoint of each ID=PATH for a recipe. A source that another recipe can make (Recipe.Source.made_by) may be given as the
// sources of that one instead: base= and delta= for vicuna=; it is then their plan, compiled with `options`, whose
// parameters may be those of `recipe` and of the recipes that can make its sources.
// What makes a source is not made in its turn. `makers` are recipes by the id of the source that they make, in the place of made_by.
//
// InvalidArgument when an id is not wanted or one of the sources has no path, saying what each wants; otherwise fails as CheckParameters,
// LoadRecipe, OpenCheckpoint and Compile do, naming the id.
absl::StatusOr<std::vector<PlanSource>> OpenSources(const Recipe& recipe, const std::map<std::string, std::string>& paths,
                                                    const CompileOptions& options = {}, const std::map<std::string, Recipe>& makers = {});

// FailedPrecondition when `path` is one of the files of `checkpoint`, which is read under that id: such a file is never overwritten.
absl::Status CheckIsNotRead(const std::string& path, absl::string_view id, const Checkpoint& checkpoint);

// The same of every source.
absl::Status CheckIsNoSource(const std::string& path, const std::vector<PlanSource>& sources);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_SOURCES_H_
