#include "convert/recipes_of_manifest.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "google/protobuf/text_format.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipe/compile_options.h"
#include "recipes/recipes.h"
#include "verify/manifest/manifest.h"
#include "verify/manifest/message_difference.h"

namespace weighbridge {
namespace {

// Where the text of a recipe says something else than `expected`: "sections[0].source is "a" in the manifest and "b" there".
std::optional<std::string> Difference(const RecipeText& text, const Recipe& expected) {
  const std::optional<Recipe> recipe = ParseRecipeText(text);
  if (!recipe.has_value()) return "its text is no recipe";
  const std::optional<MessageDifference> difference = FirstDifference(*recipe, expected);
  std::string written;
  google::protobuf::TextFormat::PrintToString(expected, &written);
  if (!difference.has_value() && written == text.textproto()) return std::nullopt;
  if (!difference.has_value()) return "its text is written otherwise, or has fields that this program does not know";
  return absl::StrCat(difference->path, " is ", difference->left, " in the manifest and ", difference->right, " there");
}

std::vector<const RecipeText*> TextsOf(const Manifest& manifest) {
  std::vector<const RecipeText*> texts = {&manifest.recipe()};
  for (const SourceRecipe& made : manifest.made_sources()) texts.push_back(&made.recipe());
  return texts;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CompareRecipes(const Manifest& manifest, const Recipe& expected, const CompileOptions& options) {
  std::vector<std::string> findings;
  std::vector<Recipe> recipes;
  const auto compare = [&](const RecipeText& text, const Recipe& recipe) -> absl::Status {
    recipes.push_back(recipe);
    ASSIGN_OR_RETURN(const Recipe applied, Applied(recipe, options));
    const std::optional<std::string> difference = Difference(text, applied);
    if (difference.has_value()) {
      findings.push_back(absl::StrCat("the recipe ", text.name(), " of the manifest is another than ", recipe.name(),
                                      ", which was asked for: ", *difference));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(compare(manifest.recipe(), expected));
  for (const SourceRecipe& made : manifest.made_sources()) {
    const auto source = std::find_if(expected.sources().begin(), expected.sources().end(),
                                     [&](const Recipe::Source& candidate) { return candidate.id() == made.id(); });
    if (source == expected.sources().end() || source->made_by().empty()) {
      findings.push_back(absl::StrCat("the manifest makes the source ", made.id(), ", which the recipe ", expected.name(), " does not"));
      continue;
    }
    ASSIGN_OR_RETURN(Recipe maker, LoadRecipe(source->made_by()));
    RETURN_IF_ERROR(compare(made.recipe(), maker));
  }
  RETURN_IF_ERROR(CheckParameters(options.parameters, recipes));
  return findings;
}

std::vector<Recipe> RecipesOf(const Manifest& manifest) {
  std::vector<Recipe> recipes;
  for (const RecipeText* text : TextsOf(manifest)) {
    if (std::optional<Recipe> recipe = ParseRecipeText(*text)) recipes.push_back(*std::move(recipe));
  }
  return recipes;
}

std::vector<std::string> TolerancesOf(const Recipe& recipe) {
  std::vector<std::string> tolerances;
  const auto add = [&](const std::string& tolerance) {
    if (!tolerance.empty()) tolerances.push_back(tolerance);
  };
  for (const Recipe::Section& section : recipe.sections()) {
    for (const Recipe::Entry& entry : section.entries()) {
      add(entry.tensor().tolerance());
      for (const Recipe::Tensor& tensor : entry.layers().tensors()) add(tensor.tolerance());
    }
    for (const Recipe::Take& take : section.takes()) add(take.tolerance());
  }
  return tolerances;
}

std::vector<std::string> NamesakesOfEmbedded(const Manifest& manifest) {
  const std::vector<std::string> embedded = EmbeddedRecipeNames();
  std::vector<std::string> remarks;
  for (const RecipeText* text : TextsOf(manifest)) {
    // A name that a text gives itself is what people read in it.
    const std::optional<Recipe> recipe = ParseRecipeText(*text);
    const std::string& name = recipe.has_value() && !recipe->name().empty() ? recipe->name() : text->name();
    if (std::find(embedded.begin(), embedded.end(), name) == embedded.end()) continue;
    absl::StatusOr<Recipe> known = LoadRecipe(name);
    if (known.ok()) known = Applied(*known, {});
    const std::optional<std::string> difference = known.ok() ? Difference(*text, *known) : std::nullopt;
    if (!difference.has_value()) continue;
    remarks.push_back(
        absl::StrCat("the manifest's recipe ", name, " is another than the recipe of that name in this program: ", *difference));
  }
  return remarks;
}

}  // namespace weighbridge
