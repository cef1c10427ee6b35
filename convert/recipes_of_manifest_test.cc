#include "convert/recipes_of_manifest.h"

#include <string>

#include "convert/convert_testing.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// As it was applied without any parameter given.
Manifest ManifestOf(const Recipe& recipe) {
  Manifest manifest;
  manifest.mutable_recipe()->set_name(recipe.name());
  google::protobuf::TextFormat::PrintToString(*Applied(recipe, {}), manifest.mutable_recipe()->mutable_textproto());
  return manifest;
}

TEST(RecipesOfManifestTest, AnotherRecipeThanTheExpectedOneIsAFindingThatNamesTheField) {
  const Recipe expected = CopyRecipe();
  EXPECT_THAT(*CompareRecipes(ManifestOf(expected), expected, {}), IsEmpty());
  Recipe other = expected;
  other.mutable_sections(0)->mutable_takes(0)->set_match("x.*");
  EXPECT_THAT(*CompareRecipes(ManifestOf(other), expected, {}), ElementsAre(HasSubstr("match is \"x.*\" in the manifest and \"*\" there")));
  Manifest rewritten = ManifestOf(expected);
  rewritten.mutable_recipe()->mutable_textproto()->append("\n");
  EXPECT_THAT(*CompareRecipes(rewritten, expected, {}), ElementsAre(HasSubstr("written otherwise")));
  rewritten.mutable_recipe()->set_textproto("}");
  EXPECT_THAT(*CompareRecipes(rewritten, expected, {}), ElementsAre(HasSubstr("no recipe")));
}

TEST(RecipesOfManifestTest, SourcesAreMadeByTheExpectedRecipesOnly) {
  const Recipe expected = *LoadRecipe("minigpt4");
  Manifest manifest = ManifestOf(expected);
  SourceRecipe* made = manifest.add_made_sources();
  made->set_id("vicuna");
  *made->mutable_recipe() = ManifestOf(*LoadRecipe("vicuna_delta")).recipe();
  EXPECT_THAT(*CompareRecipes(manifest, expected, {}), IsEmpty());
  *made->mutable_recipe() = ManifestOf(CopyRecipe()).recipe();
  EXPECT_THAT(*CompareRecipes(manifest, expected, {}), ElementsAre(HasSubstr("another than vicuna_delta")));
  made->set_id("blip2");
  EXPECT_THAT(*CompareRecipes(manifest, expected, {}), ElementsAre(HasSubstr("makes the source blip2, which")));
}

TEST(RecipesOfManifestTest, ANamesakeOfAnEmbeddedRecipeIsRemarked) {
  Recipe recipe = *LoadRecipe("minigpt4");
  EXPECT_THAT(NamesakesOfEmbedded(ManifestOf(recipe)), IsEmpty());
  EXPECT_THAT(NamesakesOfEmbedded(ManifestOf(CopyRecipe())), IsEmpty());
  recipe.set_description("forged");
  EXPECT_THAT(NamesakesOfEmbedded(ManifestOf(recipe)), ElementsAre(HasSubstr("minigpt4 is another than the recipe of that name")));
  // By whatever name the manifest itself calls it.
  Manifest renamed = ManifestOf(recipe);
  renamed.mutable_recipe()->set_name("mine");
  EXPECT_THAT(NamesakesOfEmbedded(renamed), ElementsAre(HasSubstr("minigpt4")));
}

TEST(RecipesOfManifestTest, TolerancesAreThoseOfEveryRule) {
  const Recipe recipe = RecipeOf(R"(sections {
      entries { tensor { from: "a" to: "a" tolerance: "one" } }
      entries { layers { count: "2" tensors { from: "b" to: "b" tolerance: "two" } tensors { from: "c" to: "c" } } }
      takes { match: "*" tolerance: "three" } })");
  EXPECT_THAT(TolerancesOf(recipe), ElementsAre("one", "two", "three"));
}

}  // namespace
}  // namespace weighbridge
