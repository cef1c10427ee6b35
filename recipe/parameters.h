#ifndef WEIGHBRIDGE_RECIPE_PARAMETERS_H_
#define WEIGHBRIDGE_RECIPE_PARAMETERS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_options.h"
#include "recipe/recipe_limits.h"

namespace weighbridge {

// The parameters that the recipe declares. Where it has a step add_token_rows and declares no "pad_rows", that is one of its parameters
// too, whose value takes the place of the step's own: in recipes that are older than parameters, and in those of manifests.
std::vector<Recipe::Parameter> ParametersOf(const Recipe& recipe);

// The recipe without parameters: each {NAME} in its texts is replaced by the value that is given for it, or else by its default. Values of
// other parameters do not count. InvalidArgument: a parameter's name is not a lower-case word, or stands there twice.
// ResourceExhausted: RecipeLimits::parameter_bytes.
absl::StatusOr<Recipe> BindParameters(const Recipe& recipe, const ParameterValues& values, const RecipeLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_PARAMETERS_H_
