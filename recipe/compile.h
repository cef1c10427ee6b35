#ifndef WEIGHBRIDGE_RECIPE_COMPILE_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "expr/plan.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_options.h"

namespace weighbridge {

// Checks what can be checked of a recipe without any source: ids, terms, references; with the defaults of its parameters.
// InvalidArgument, naming the rule; ResourceExhausted as BindParameters.
absl::Status ValidateRecipe(const Recipe& recipe);

// The recipe as it is applied with these options, without parameters: a Plan's, and so the one that a manifest tells. InvalidArgument and
// ResourceExhausted as BindParameters.
absl::StatusOr<Recipe> Applied(const Recipe& recipe, const CompileOptions& options);

// Refuses values for parameters that none of the recipes has, and values with which one of the recipes does not pass ValidateRecipe.
// InvalidArgument, naming the value and listing the parameters of the recipes with their meaning; otherwise fails as Applied.
absl::Status CheckParameters(const ParameterValues& values, const std::vector<Recipe>& recipes);

// Applies the recipe to the sources: the second table, complete and checked, without reading a single element.
//
// InvalidArgument: the recipe does not pass ValidateRecipe, as it is Applied, a term has no whole value below 2^63, an expression is too
// deep or too large, or the sources are not one for each id. NotFound: a source, a tensor, or a config value that the
// recipe wants is missing. FailedPrecondition: a tensor has another shape than the recipe says, two rules make the same output, or a source
// tensor is neither used nor dropped (complete accounting), a source holds tensors that it does not list, or as PadRows says.
// Unimplemented: a step that expressions cannot do. A tokenizer or a config.json that must be read fails as ReadTokenizer, ReadFacts and
// ParseJsonMembers. ResourceExhausted: beyond RecipeLimits. Cancelled. Every message names source file, tensor and rule, and ends with the
// recipe's own explanation where it has one. Deterministic: the first failure in rule order is reported.
//
// A source that is a plan counts as the checkpoint that it would make: its outputs are the tensors, its facts the config values;
// expressions are inlined. Accounting is of the checkpoints behind it: what only a dropped output of it reads is dropped for that reason.
// Two of these checkpoints of one id are InvalidArgument.
absl::StatusOr<Plan> Compile(const Recipe& recipe, const std::vector<PlanSource>& sources, const CompileOptions& options = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_H_
