#ifndef WEIGHBRIDGE_RECIPES_RECIPES_H_
#define WEIGHBRIDGE_RECIPES_RECIPES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// The recipes that are embedded in the program, in alphabetical order.
std::vector<std::string> EmbeddedRecipeNames();

// The recipe of that name among the embedded ones, or else the recipe in the textproto file at that path. NotFound when it is neither,
// listing the names; InvalidArgument, with line and column, when the text is no recipe.
absl::StatusOr<Recipe> LoadRecipe(absl::string_view name_or_path);

// The embedded recipe that `consolidates` checkpoints of that architecture, or "" when there is none.
std::string RecipeToConsolidate(absl::string_view architecture);

// Parses a textproto. `origin` is for messages. InvalidArgument, with line and column.
absl::StatusOr<Recipe> ParseRecipe(absl::string_view text, absl::string_view origin);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPES_RECIPES_H_
