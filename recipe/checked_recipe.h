#ifndef WEIGHBRIDGE_RECIPE_CHECKED_RECIPE_H_
#define WEIGHBRIDGE_RECIPE_CHECKED_RECIPE_H_

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/json/json_members.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/pad_rows.h"
#include "recipe/recipe_limits.h"
#include "recipe/term.h"

namespace weighbridge {

// A recipe with all of its texts read, part by part. Each `rule` is the part of CheckedRecipe::recipe that it is of, for what needs no
// reading: explanations, patterns, names of sources. Those are known, and never null.

// One for each axis; nothing for "?".
using CheckedShape = std::vector<std::optional<Term>>;

struct CheckedCast {
  const Recipe::Cast* rule = nullptr;
  std::optional<DType> dtype;  // Nothing: the one that the config says.
};

struct CheckedStep;

struct CheckedTranspose {};

struct CheckedAdd {
  const Recipe::Add* rule = nullptr;
  TextWithTerms from;
  std::vector<CheckedStep> steps;
};

struct CheckedTokenRows {
  const Recipe::AddTokenRows* rule = nullptr;
  PadRows pad_rows;
};

struct CheckedStep {
  std::variant<CheckedTranspose, CheckedCast, CheckedTokenRows, CheckedAdd> kind;
};

// One output from one named source tensor.
struct CheckedTensor {
  const Recipe::Tensor* rule = nullptr;
  TextWithTerms from;
  TextWithTerms to;
  TextWithTerms tensor_name;
  TextWithTerms tied_to;
  CheckedShape shape;
  std::vector<CheckedStep> steps;
};

// Tensors for {i} = 0, 1, … count - 1; without a count one tensor, once.
struct CheckedRepeat {
  std::optional<Term> count;
  std::vector<CheckedTensor> tensors;
};

// Outputs from all source tensors whose name matches.
struct CheckedMatch {
  const Recipe::Take* rule = nullptr;
  TextWithTerms tensor_name;
  std::optional<Term> count;
  CheckedShape shape;
  std::vector<CheckedStep> steps;
};

// Has either repeats or matches.
struct CheckedSection {
  const Recipe::Section* rule = nullptr;
  std::optional<CheckedCast> cast;
  std::vector<CheckedRepeat> repeats;
  std::vector<CheckedMatch> matches;
};

struct CheckedConfig {
  JsonMembers defaults;
  JsonMembers values;
  JsonMembers omitted;
  JsonMembers generation_defaults;
  JsonMembers generation;
  JsonMembers generation_made;
};

struct CheckedModule {
  const Recipe::Module* rule = nullptr;
  TextWithTerms name;
  std::optional<Term> count;
  std::vector<CheckedModule> modules;
};

struct CheckedRecipe {
  std::shared_ptr<const Recipe> recipe;
  std::vector<CheckedSection> sections;
  CheckedConfig config;
  std::vector<CheckedModule> modules;
};

// Reads a recipe that has no parameters any more (BindParameters), and checks all that can be checked of it without a source: ids, terms,
// texts, dtypes, references. InvalidArgument, naming the recipe and what is wrong; ResourceExhausted for more
// terms than the limits allow, of which it keeps memory.
absl::StatusOr<CheckedRecipe> CheckRecipe(const Recipe& recipe, const RecipeLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_CHECKED_RECIPE_H_
