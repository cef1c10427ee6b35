#include "recipe/parameters.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "recipe/compile_testing.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TensorSpec kMatrix = {DType::kFloat32, {2, 3}};

constexpr char kRecipe[] = R"(
    parameters { name: 'dtype' default: 'float16' help: 'of the result' }
    parameters { name: 'prefix' }
    parameters { name: 'unused' default: '{dtype}' }
    sources { id: 'a' description: 'A' }
    sections { source: 'a' cast { dtype: '{dtype}' } takes {
        match: '*' replacements { text: 'w' with: '{prefix}{unused}.w' } tensor_name: '{prefix}{taken}{ prefix }' may_be_absent: true } })";

TEST(ParametersTest, ValuesStandInEveryTextAndAreNotReadAgain) {
  const auto applied = Applied(ParseRecipe(kRecipe), {.parameters = {{"prefix", "x{dtype}"}, {"of_another_recipe", "1"}}});
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->parameters_size(), 0);
  const Recipe::Section& section = applied->sections(0);
  EXPECT_EQ(section.cast().dtype(), "float16");
  EXPECT_EQ(section.takes(0).replacements(0).with(), "x{dtype}{dtype}.w");
  EXPECT_EQ(section.takes(0).tensor_name(), "x{dtype}{taken}{ prefix }");
}

TEST(ParametersTest, APlanTellsTheRecipeWithTheValues) {
  const std::string recipe = R"(parameters { name: 'dtype' default: 'float16' } sources { id: 'a' description: 'A' }
      sections { source: 'a' cast { dtype: '{dtype}' } takes { match: '*' } })";
  for (const auto& [parameters, expr] : std::vector<std::pair<ParameterValues, std::string>>{
           {{}, "w = cast(a/w, float16)"}, {{{"dtype", "bfloat16"}}, "w = cast(a/w, bfloat16)"}}) {
    const auto plan = CompileText(recipe, {MakeSource("a", {{"w", kMatrix, ""}})}, {.parameters = parameters});
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_THAT(Outputs(*plan), ElementsAre(expr));
    const auto again = Compile(plan->recipe, {MakeSource("a", {{"w", kMatrix, ""}})});
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_THAT(Outputs(*again), ElementsAre(expr));
  }
}

TEST(ParametersTest, UnknownNamesAndWrongValuesAreRefusedWithTheRecipesOwn) {
  const Recipe recipe = ParseRecipe(kRecipe);
  const Recipe other = ParseRecipe("sources { id: 'a' } sections { source: 'a' takes { match: '*' } }");
  EXPECT_TRUE(CheckParameters({}, {other}).ok());
  EXPECT_TRUE(CheckParameters({{"dtype", "float32"}, {"prefix", ""}}, {other, recipe}).ok());
  const struct {
    ParameterValues values;
    std::vector<const char*> words;
  } cases[] = {
      {{{"dtpye", "float32"}}, {"--set dtpye=float32", "no parameter of that name", "dtype (of the result), prefix, unused"}},
      {{{"dtype", "floaty"}, {"prefix", "p"}}, {"--set dtype=floaty", "floaty", "dtype (of the result)"}},
      {{{"prefix", "{"}}, {"--set prefix={", "term"}},
      {{{"pad_rows", "1"}}, {"recipe test has no parameters", "no parameter of that name"}},
  };
  for (const auto& c : cases) {
    const absl::Status status = CheckParameters(c.values, {other, recipe});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    for (const char* word : c.words) EXPECT_THAT(status.message(), HasSubstr(word));
  }
}

TEST(ParametersTest, WhatARecipeDeclaresIsBoundedAndNamed) {
  const struct {
    std::string declared;
    absl::StatusCode code;
    const char* words;
  } cases[] = {
      {"parameters { name: 'A' }", absl::StatusCode::kInvalidArgument, "\"A\"; expected a lower-case word"},
      {"parameters {}", absl::StatusCode::kInvalidArgument, "lower-case word"},
      {"parameters { name: 'a' } parameters { name: 'a' }", absl::StatusCode::kInvalidArgument, "\"a\" is declared twice"},
      {"parameters { name: 'a' default: '" + std::string(100, 'x') + "' } description: '{a}{a}'", absl::StatusCode::kResourceExhausted,
       "at most 150 bytes"},
  };
  for (const auto& c : cases) {
    const absl::Status status = Applied(ParseRecipe(c.declared), {.limits = {.parameter_bytes = 150}}).status();
    EXPECT_EQ(status.code(), c.code);
    EXPECT_THAT(status.message(), HasSubstr(c.words));
  }
}

}  // namespace
}  // namespace weighbridge
