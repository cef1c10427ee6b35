#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipe/compile_options.h"
#include "recipe/parameters.h"

namespace weighbridge {
namespace {

bool HasParameter(const Recipe& recipe, absl::string_view name) {
  const std::vector<Recipe::Parameter> parameters = ParametersOf(recipe);
  return std::any_of(parameters.begin(), parameters.end(), [&](const Recipe::Parameter& parameter) { return parameter.name() == name; });
}

// "the parameters of recipe vicuna_delta are pad_rows (rows for new tokens: …)".
std::string Describe(const Recipe& recipe) {
  const std::vector<Recipe::Parameter> parameters = ParametersOf(recipe);
  if (parameters.empty()) return absl::StrCat("recipe ", recipe.name(), " has no parameters");
  return absl::StrCat("the parameters of recipe ", recipe.name(), " are ",
                      absl::StrJoin(parameters, ", ", [](std::string* out, const Recipe::Parameter& parameter) {
                        absl::StrAppend(out, parameter.name());
                        if (!parameter.help().empty()) absl::StrAppend(out, " (", parameter.help(), ")");
                      }));
}

}  // namespace

absl::StatusOr<Recipe> Applied(const Recipe& recipe, const CompileOptions& options) {
  absl::StatusOr<Recipe> bound = BindParameters(recipe, options.parameters, options.limits);
  if (bound.ok()) return bound;
  return Annotate(bound.status(), absl::StrCat("recipe \"", recipe.name(), "\""));
}

absl::Status CheckParameters(const ParameterValues& values, const std::vector<Recipe>& recipes) {
  for (const auto& [name, value] : values) {
    bool is_known = false;
    for (const Recipe& recipe : recipes) {
      if (!HasParameter(recipe, name)) continue;
      is_known = true;
      ASSIGN_OR_RETURN(const Recipe applied, Applied(recipe, {.parameters = {{name, value}}}));
      RETURN_IF_ERROR(ValidateRecipe(applied), Annotate(absl::InvalidArgumentError(absl::StrCat(_.message(), "; ", Describe(recipe))),
                                                        absl::StrCat("--set ", name, "=", value)));
    }
    if (is_known) continue;
    const std::string known = absl::StrJoin(recipes, "; ", [](std::string* out, const Recipe& recipe) { *out += Describe(recipe); });
    return absl::InvalidArgumentError(absl::StrCat("--set ", name, "=", value, ": there is no parameter of that name; ", known));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
