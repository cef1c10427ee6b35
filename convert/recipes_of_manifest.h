#ifndef WEIGHBRIDGE_CONVERT_RECIPES_OF_MANIFEST_H_
#define WEIGHBRIDGE_CONVERT_RECIPES_OF_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_options.h"

namespace weighbridge {

// Whether the recipes of a manifest are the one that an auditor expects, applied with these options, and those by which that one lets
// sources be made: one finding for each that is not, with the first field that differs. Fails as LoadRecipe, Applied and CheckParameters.
absl::StatusOr<std::vector<std::string>> CompareRecipes(const Manifest& manifest, const Recipe& expected, const CompileOptions& options);

// The manifest's own recipe and those that made its sources; without those whose text is not a recipe.
std::vector<Recipe> RecipesOf(const Manifest& manifest);

// What the rules of a recipe allow, in its order.
std::vector<std::string> TolerancesOf(const Recipe& recipe);

// One remark for each recipe of the manifest that has the name of an embedded one but says something else, with the first field that
// differs: an older version's, one to which a parameter was given, or a forged one.
std::vector<std::string> NamesakesOfEmbedded(const Manifest& manifest);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_RECIPES_OF_MANIFEST_H_
