#include <cstddef>
#include <cstdint>

#include "proto/manifest.pb.h"
#include "verify/report/html.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"

namespace weighbridge::report {
namespace {

constexpr size_t kLongestRecipe = 200'000;

Html RecipeDetails(const Html& title, const RecipeText& recipe) {
  return Details(Concat(title, " (", CountOf(static_cast<int64_t>(recipe.textproto().size()), "byte"), ")"),
                 Element("pre", Abridge(recipe.textproto(), kLongestRecipe)));
}

}  // namespace

Html RecipeSection(const Manifest& manifest) {
  Html content = RecipeDetails(Name(manifest.recipe().name()), manifest.recipe());
  for (const SourceRecipe& made : manifest.made_sources()) {
    content.Append(RecipeDetails(Concat(Name(made.recipe().name()), ", which makes ", Name(made.id())), made.recipe()));
  }
  return Section("recipe", "The recipe as it was applied", content);
}

}  // namespace weighbridge::report
