#ifndef WEIGHBRIDGE_RECIPE_COMPILE_OPTIONS_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_OPTIONS_H_

#include <atomic>
#include <map>
#include <string>

#include "recipe/recipe_limits.h"

namespace weighbridge {

// Values for parameters of recipes, by name: {"pad_rows", "1"}.
using ParameterValues = std::map<std::string, std::string>;

struct CompileOptions {
  // In the place of the defaults of the parameters that the recipe has; the others are left to other recipes (CheckParameters).
  ParameterValues parameters = {};
  RecipeLimits limits = {};
  // Set from outside to stop early; Cancelled then.
  const std::atomic<bool>* stop = nullptr;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_OPTIONS_H_
