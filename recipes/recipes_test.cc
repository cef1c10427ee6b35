#include "recipes/recipes.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "recipe/compile.h"

namespace weighbridge {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(RecipesTest, EveryEmbeddedRecipeIsValidAndHasItsFilesName) {
  EXPECT_THAT(EmbeddedRecipeNames(), testing::IsSupersetOf({"blip2", "chgnet", "llama", "llama_consolidated", "minigpt4",
                                                            "minigpt4_current", "vicuna_delta", "vicuna_delta_v1_1"}));
  for (const std::string& name : EmbeddedRecipeNames()) {
    const absl::StatusOr<Recipe> recipe = LoadRecipe(name);
    ASSERT_TRUE(recipe.ok()) << recipe.status();
    EXPECT_EQ(recipe->name(), name);
    EXPECT_FALSE(recipe->description().empty()) << name;
    EXPECT_TRUE(ValidateRecipe(*recipe).ok()) << ValidateRecipe(*recipe);
    for (const Recipe::Source& source : recipe->sources()) {
      EXPECT_TRUE(source.made_by().empty() || LoadRecipe(source.made_by()).ok()) << name << " names " << source.made_by();
    }
  }
}

TEST(RecipesTest, TheArchitectureSaysByWhichRecipeACheckpointIsConsolidated) {
  EXPECT_EQ(RecipeToConsolidate("LlamaForCausalLM"), "llama_consolidated");
  EXPECT_EQ(RecipeToConsolidate("BertModel"), "");
  EXPECT_EQ(RecipeToConsolidate(""), "");
}

TEST(RecipesTest, AFileIsARecipe) {
  const std::string path = testing::TempDir() + "/mine.textproto";
  std::ofstream(path) << "name: 'mine'";
  const absl::StatusOr<Recipe> recipe = LoadRecipe(path);
  ASSERT_TRUE(recipe.ok()) << recipe.status();
  EXPECT_EQ(recipe->name(), "mine");
}

TEST(RecipesTest, AMistakeIsToldWithItsPlace) {
  const absl::Status status = ParseRecipe("name: 'x'\nsection {}\n", "mine.textproto").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("mine.textproto:2:"), HasSubstr("section")));
}

TEST(RecipesTest, NestingIsLimited) {
  std::string steps;
  for (int k = 0; k < 1000; ++k) steps += "modules { ";
  const absl::Status status = ParseRecipe("result { " + steps + std::string(1001, '}'), "mine.textproto").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("too deep"));
}

TEST(RecipesTest, AnUnknownNameListsTheKnownOnes) {
  const absl::Status status = LoadRecipe("minigpt5").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("minigpt5"), HasSubstr("minigpt4"), HasSubstr("chgnet")));
}

}  // namespace
}  // namespace weighbridge
