#include "recipe/compile.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "recipe/compile_testing.h"

namespace weighbridge {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TensorSpec kMatrix{DType::kFloat32, {2, 3}};
const TensorSpec kVector{DType::kFloat32, {3}};

constexpr char kOneSource[] = "sources { id: 'a' description: 'the weights' } ";

TEST(CompileTest, LayersRepeatTheirTensorsByAConfigValue) {
  const auto plan = CompileText(absl::StrCat(kOneSource, R"(sections {
        source: 'a'
        cast { config { keys: 'torch_dtype' otherwise: 'float32' } }
        entries { tensor { from: 'head' to: 'out.head' steps { transpose {} } } }
        entries { layers { count: 'layers' tensors {
          from: 'l.{i}' to: 'out.{i}' shape: ['width - 1', 'width'] tensor_name: 'linear_{7 * i + 1}' } } }
      })"),
                                {MakeSource("a", {{"l.1", kMatrix, ""}, {"l.0", kMatrix, ""}, {"head", kMatrix, ""}},
                                            {{"layers", int64_t{2}}, {"width", int64_t{3}}, {"torch_dtype", std::string("float16")}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Outputs(*plan), ElementsAre("out.head = transpose(cast(a/head, float16))", "out.0 = cast(a/l.0, float16) (linear_1)",
                                          "out.1 = cast(a/l.1, float16) (linear_8)"));
  EXPECT_EQ(plan->used, 3);
  EXPECT_TRUE(plan->dropped.empty());
}

TEST(CompileTest, ATensorThatMayBeAbsentIsMadeOnlyWhereItIs) {
  const std::string recipe =
      absl::StrCat(kOneSource, "sections { source: 'a' entries { tensor { from: 'w' to: 'o' may_be_absent: true shape: ['2', '3'] } } }");
  EXPECT_THAT(Outputs(CompileText(recipe, {MakeSource("a", {{"w", kMatrix, ""}})}).value()), ElementsAre("o = a/w"));
  EXPECT_THAT(Outputs(CompileText(recipe, {MakeSource("a", {})}).value()), ElementsAre());
  EXPECT_EQ(CompileText(recipe, {MakeSource("a", {{"w", kVector, ""}})}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(CompileTest, TakesFollowTheFilesOrderAndTheFirstThatMatchesCounts) {
  const auto plan = CompileText(
      absl::StrCat(kOneSource, R"(sections {
        source: 'a'
        takes { match: 'keep*' keep_tensor_name: true tensor_name: 'p{position}' }
        takes { match: '*w' rank: 2 steps { transpose {} } tensor_name: 't{taken}m{matched}' replacements { text: 'x' with: 'yx' } }
        takes { match: '*' tensor_name: 'n{a.tensors}' }
      })"),
      {MakeSource(
          "a",
          {{"x.x.w", kMatrix, ""}, {"keep.w", kMatrix, "stored_0"}, {"v.w", kVector, ""}, {"z.w", kMatrix, ""}, {"keep.v", kVector, ""}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Outputs(*plan), ElementsAre("yx.yx.w = transpose(a/x.x.w) (t0m0)", "keep.w = a/keep.w (stored_0)", "v.w = a/v.w (n5)",
                                          "z.w = transpose(a/z.w) (t3m1)", "keep.v = a/keep.v (p4)"));
}

TEST(CompileTest, ASourceThatHoldsMoreThanItListsIsRefused) {
  PlanSource source = MakeSource("a", {{"w", kMatrix, ""}});
  auto checkpoint = std::make_shared<Checkpoint>(*source.checkpoint);
  checkpoint->unlisted = {"the set at \"s\" holds tensors, which are not listed"};
  source.checkpoint = checkpoint;
  const absl::Status status = CompileText(absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' } }"), {source}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("source \"a\""), HasSubstr("cannot account for"), HasSubstr("the set at")));
}

TEST(CompileTest, EverySourceTensorIsUsedOrDroppedWithItsReason) {
  const std::string recipe = R"(
      sources { id: 'a' description: 'A' subtree: 'model' outside_reason: 'state of the run' }
      sections { source: 'a' takes { match: 'w' } }
      drops { source: 'a' match: 'b*' reason: 'a bias' })";
  const auto plan =
      CompileText(recipe, {MakeSource("a", {{"model.w", kMatrix, ""}, {"model.b1", kVector, ""}, {"optimizer.w", kVector, ""}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Outputs(*plan), ElementsAre("w = a/model.w"));
  EXPECT_EQ(plan->used, 1);
  EXPECT_THAT(Dropped(*plan), ElementsAre("a/model.b1: a bias", "a/optimizer.w: state of the run"));

  const auto unaccounted = CompileText(recipe, {MakeSource("a", {{"model.w", kMatrix, ""}, {"model.surprise", kVector, ""}})});
  EXPECT_EQ(unaccounted.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(unaccounted.status().message(), AllOf(HasSubstr("a.bin"), HasSubstr("model.surprise"), HasSubstr("float32 [3]")));
}

TEST(CompileTest, OfWhatIsOutsideTheSubtreeOnlyNamedTensorsFall) {
  const std::string recipe = R"(
      sources { id: 'a' description: 'A' subtree: 'model' outside_reason: 'state of the run' outside: 'optimizer.*' outside: 'step' }
      sections { source: 'a' takes { match: 'w' } })";
  const Zeros w = {"model.w", kMatrix, ""};
  const auto plan = CompileText(recipe, {MakeSource("a", {w, {"optimizer.w", kVector, ""}, {"step", kVector, ""}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Dropped(*plan), ElementsAre("a/optimizer.w: state of the run", "a/step: state of the run"));
  const absl::Status status = CompileText(recipe, {MakeSource("a", {w, {"model_ema.w", kVector, ""}})}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("\"model_ema.w\""), HasSubstr("neither used nor dropped")));
}

TEST(CompileTest, ARefusalComesBeforeEveryOtherRule) {
  const auto compile = [](const std::string& name) {
    return CompileText(R"(sources { id: 'a' description: 'A' subtree: 'model' outside_reason: 'none' }
        sections { source: 'a' entries { tensor { from: 'w' to: 'o' } } }
        drops { source: 'a' match: '*' reason: 'none' }
        refusals { source: 'a' match: '*.lora_B' reason: 'Merge it first' })",
                       {MakeSource("a", {{name, kVector, ""}})})
        .status();
  };
  const absl::Status refused = compile("model.w.lora_B");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), AllOf(HasSubstr("a.bin"), HasSubstr("\"model.w.lora_B\" float32 [3] must not be there. Merge it first")));
  EXPECT_TRUE(compile("model.w").ok()) << compile("model.w");
}

TEST(CompileTest, ATiedTensorIsAnotherOneWhereTheConfigSaysSo) {
  const std::string recipe = absl::StrCat(kOneSource, R"(sections { source: 'a'
      entries { tensor { from: 'embed' to: 'embed' } }
      entries { tensor { from: 'head' to: 'head' shape: ['2', '3'] steps { transpose {} } tied { to: 'embed' config: 'tie' } } } })");
  const auto outputs = [&](const std::vector<Zeros>& tensors, const Facts& facts) {
    const auto plan = CompileText(recipe, {MakeSource("a", tensors, facts)});
    return plan.ok() ? Outputs(*plan) : std::vector<std::string>{std::string(plan.status().message())};
  };
  const Zeros embed = {"embed", kMatrix, ""};
  EXPECT_THAT(outputs({embed}, {{"tie", true}}), ElementsAre("embed = a/embed", "head = transpose(a/embed)"));
  EXPECT_THAT(outputs({embed, {"head", kMatrix, ""}}, {{"tie", true}}), ElementsAre("embed = a/embed", "head = transpose(a/head)"));
  for (const Facts& facts : {Facts{}, Facts{{"tie", false}}, Facts{{"tie", std::string("true")}}}) {
    EXPECT_THAT(outputs({embed}, facts), ElementsAre(HasSubstr("\"head\" is missing")));
  }
}

TEST(CompileTest, AnExtentOfAnotherSourcesTensorDoesNotUseIt) {
  const std::string recipe = R"(
      sources { id: 'a' description: 'A' subtree: 'm' outside_reason: 'none' } sources { id: 'b' description: 'B' }
      sections { source: 'b' takes { match: 'w' shape: ['2', 'a.q.x[0]'] if_shape_differs: 'Of another model' } }
      drops { source: 'a' match: '*' reason: 'only its shape counts' })";
  const PlanSource b = MakeSource("b", {{"w", kMatrix, ""}});
  const auto plan = CompileText(recipe, {MakeSource("a", {{"m.q.x", kVector, ""}}), b});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Dropped(*plan), ElementsAre("a/m.q.x: only its shape counts"));
  const absl::Status wide = CompileText(recipe, {MakeSource("a", {{"m.q.x", {DType::kFloat32, {4}}, ""}}), b}).status();
  EXPECT_THAT(wide.message(), AllOf(HasSubstr("[2, 3], expected [2, a.q.x[0]] = [2, 4] by the sources. Of another model")));
  const absl::Status missing = CompileText(recipe, {MakeSource("a", {{"m.q", kVector, ""}}), b}).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.message(), AllOf(HasSubstr("\"q.x\" is missing"), testing::Not(HasSubstr("another model"))));
  const absl::Status scalar = CompileText(recipe, {MakeSource("a", {{"m.q.x", {DType::kFloat32, {}}, ""}}), b}).status();
  EXPECT_EQ(scalar.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(scalar.message(), HasSubstr("without an axis 0"));
}

TEST(CompileTest, AValueThatLiesDeeperInTheConfigIsToldWithItsPlace) {
  const std::string recipe = absl::StrCat(kOneSource, R"(sections { source: 'a' entries { tensor {
      from: 'w' to: 'o' shape: ['rows', '?'] if_shape_differs: 'Another config' } } })");
  const Facts facts = {{"text_config.rows", int64_t{2}}, {"vision.rows", int64_t{7}}, {"narrows", int64_t{2}}};
  const absl::Status status = CompileText(recipe, {MakeSource("a", {{"w", kMatrix, ""}}, facts)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("no \"rows\" at its top, only \"text_config.rows\", \"vision.rows\";"),
                                      testing::Not(HasSubstr("Another config"))));
}

// "fewer layers" would send the user looking for a shard.
TEST(CompileTest, WhatStandsInThePlaceOfAMissingWeightIsNamed) {
  const std::string recipe =
      absl::StrCat(kOneSource, "sections { source: 'a' entries { tensor { from: 'q.weight' to: 'o' if_missing: 'Fewer layers' } } }");
  const auto message = [&](const std::vector<std::string>& names) {
    std::vector<Zeros> tensors;
    for (const std::string& name : names) tensors.push_back({name, kVector, ""});
    return std::string(CompileText(recipe, {MakeSource("a", tensors)}).status().message());
  };
  for (const char* name : {"q.qweight", "q.weight_packed", "q.base_layer.weight", "q.lora_A.default.weight"}) {
    EXPECT_THAT(message({"q.bias", name}),
                AllOf(HasSubstr("\"q.weight\" is missing"), HasSubstr(absl::StrCat("\"", name, "\" float32 [3]")),
                      testing::Not(HasSubstr("Fewer layers"))));
  }
  for (const char* name : {"q.bias", "qq.weight", "k.weight"}) EXPECT_THAT(message({name}), HasSubstr("Fewer layers")) << name;
}

// What a user can get wrong: each is found before an element is read, and the message says file, tensor, cause and cure.
TEST(CompileTest, NamesFileTensorCauseAndCure) {
  const Facts facts = {{"rows", int64_t{2}}, {"torch_dtype", std::string("float16")}, {"text", std::string("x")}};
  const struct {
    const char* what;
    std::string recipe;
    std::vector<Zeros> tensors;
    absl::StatusCode code;
    std::vector<std::string> words;
  } cases[] = {
      {"tensor × missing",
       "entries { tensor { from: 'w' to: 'o' if_missing: 'A shard is missing' } }",
       {},
       absl::StatusCode::kNotFound,
       {"a.bin", "\"w\"", "\"o\"", "A shard is missing"}},
      {"shape × extent",
       "entries { tensor { from: 'w' to: 'o' shape: ['rows + 1', '?'] if_shape_differs: 'Take the other config' } }",
       {{"w", kMatrix, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"\"w\"", "[2, 3]", "[rows + 1, ?] = [3, ?]", "Take the other config"}},
      {"shape × rank",
       "entries { tensor { from: 'w' to: 'o' shape: '2' } }",
       {{"w", kMatrix, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"[2, 3]", "expected [2]"}},
      {"transpose × vector",
       "entries { tensor { from: 'v' to: 'o' steps { transpose {} } } }",
       {{"v", kVector, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"\"v\"", "only a matrix"}},
      {"cast × integers",
       "entries { tensor { from: 'n' to: 'o' steps { cast { dtype: 'float16' } } } }",
       {{"n", {DType::kInt64, {1}}, ""}},
       absl::StatusCode::kUnimplemented,
       {"\"n\"", "int64"}},
      {"dtype × not allowed",
       "cast { config { keys: 'torch_dtype' allowed: 'bfloat16' } } entries { tensor { from: 'w' to: 'o' } }",
       {{"w", kMatrix, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"\"w\"", "float16", "torch_dtype"}},
      {"term × unknown name",
       "entries { tensor { from: 'w' to: 'o' shape: 'columns' } }",
       {{"w", kVector, ""}},
       absl::StatusCode::kNotFound,
       {"\"columns\""}},
      {"term × text",
       "entries { tensor { from: 'w' to: 'o' shape: 'text' } }",
       {{"w", kVector, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"\"text\"", "not an integer"}},
      {"take × none",
       "takes { match: 'q*' if_count_differs: 'Another file' }",
       {{"w", kMatrix, ""}},
       absl::StatusCode::kNotFound,
       {"0 tensors", "\"q*\"", "at least one", "Another file"}},
      {"take × count", "takes { match: 'w*' count: 'rows' }", {{"w", kMatrix, ""}}, absl::StatusCode::kNotFound, {"1 tensors", "rows = 2"}},
      {"output × made twice",
       "takes { match: 'w' } takes { match: 'x' replacements { text: 'x' with: 'w' } if_made_twice: 'Fine-tuned' }",
       {{"w", kMatrix, ""}, {"x", kMatrix, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"\"w\"", "made twice", "a/w", "a/x", "Fine-tuned"}},
  };
  for (const auto& c : cases) {
    const auto plan = CompileText(absl::StrCat(kOneSource, "sections { source: 'a' ", c.recipe, " }"), {MakeSource("a", c.tensors, facts)});
    EXPECT_EQ(plan.status().code(), c.code) << c.what << ": " << plan.status();
    for (const std::string& word : c.words) EXPECT_THAT(plan.status().message(), HasSubstr(word)) << c.what;
  }
}

TEST(CompileTest, SourcesAreTheRecipesOwn) {
  const std::string recipe =
      "sources { id: 'a' description: 'the weights' needs_config: true } sections { source: 'a' takes { match: '*' } }";
  EXPECT_THAT(CompileText(recipe, {}).status().message(), AllOf(HasSubstr("\"a\" is missing"), HasSubstr("the weights")));
  EXPECT_THAT(CompileText(recipe, {MakeSource("a", {{"w", kMatrix, ""}})}).status().message(), HasSubstr("no config.json"));
  const PlanSource with_config = MakeSource("a", {{"w", kMatrix, ""}}, {{"x", true}});
  EXPECT_EQ(CompileText(recipe, {with_config, MakeSource("b", {})}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(CompileText(recipe, {with_config}).ok());
  const std::string subtree =
      "sources { id: 'a' description: 'A' subtree: 'model' outside_reason: 'r' } sections { source: 'a' takes { match: '*' } }";
  EXPECT_THAT(CompileText(subtree, {MakeSource("a", {{"w", kMatrix, ""}})}).status().message(), HasSubstr("\"model\""));
}

TEST(CompileTest, AnotherSourcesConfigIsReachedByItsId) {
  const auto plan = CompileText(
      R"(
      sources { id: 'a' description: 'A' } sources { id: 'b' description: 'B' }
      sections { source: 'b' takes { match: 'w' shape: ['a.rows', '?'] tensor_name: 'n{b.tensors + a.tensors}' } }
      drops { source: 'a' match: '*' reason: 'only its config counts' })",
      {MakeSource("b", {{"w", kMatrix, ""}}), MakeSource("a", {{"x", kVector, ""}, {"y", kVector, ""}}, {{"rows", int64_t{2}}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Outputs(*plan), ElementsAre("w = b/w (n3)"));
  ASSERT_EQ(plan->sources.size(), 2u);
  EXPECT_EQ(plan->sources[0].id, "a") << "in the recipe's order";
}

TEST(ValidateRecipeTest, RefusesWhatNoSourceCanMend) {
  const std::string section = "sections { source: 'a' takes { match: '*' } } ";
  const struct {
    std::string recipe;
    const char* words;
  } cases[] = {
      {section, "no sources"},
      {kOneSource, "no sections"},
      {absl::StrCat(kOneSource, kOneSource, section), "twice"},
      {absl::StrCat("sources { id: 'A=b' } ", section), "not a source id"},
      {absl::StrCat("sources { id: 'a' subtree: 'm' } ", section), "outside_reason"},
      {absl::StrCat(kOneSource, "sections { source: 'b' takes { match: '*' } }"), "unknown source \"b\""},
      {absl::StrCat(kOneSource, "sections { source: 'a' }"), "either"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' } entries { tensor { from: 'a' to: 'b' } } }"), "either"},
      {absl::StrCat(kOneSource, "sections { source: 'a' entries {} }"), "entry is empty"},
      {absl::StrCat(kOneSource, "sections { source: 'a' entries { tensor { from: 'a' } } }"), "no `to`"},
      {absl::StrCat(kOneSource, "sections { source: 'a' entries { tensor { from: 'a{i' to: 'b' } } }"), "partner"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' shape: '2 *' } }"), "term"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' steps {} } }"), "step is empty"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' steps { cast { dtype: 'float17' } } } }"), "float17"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' steps { cast {} } } }"), "no dtype"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' replacements { with: 'x' } } }"), "no `text`"},
      {absl::StrCat(kOneSource, section, "drops { source: 'a' match: 'x' }"), "reason"},
      {absl::StrCat(kOneSource, section, "drops { source: 'b' match: 'x' reason: 'r' }"), "known source"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' steps { add { source: 'b' } } } }"), "unknown source \"b\""},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' steps { add { source: 'a' steps {} } } } }"), "step is empty"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' steps { add { source: 'a' from: '{' } } } }"), "partner"},
      {absl::StrCat(kOneSource, "sections { source: 'a' takes { match: '*' steps { add_token_rows {} } } }"), "no token"},
      {absl::StrCat(kOneSource, section, "refusals { source: 'a' match: 'x' }"), "a refusal of \"x\""},
      {absl::StrCat(kOneSource, section, "refusals { source: 'b' match: 'x' reason: 'r' }"), "known source"},
      {absl::StrCat(kOneSource, section, "refusals { source: 'a' reason: 'r' }"), "a match"},
      {absl::StrCat("sources { id: 'a' outside: '*' } ", section), "no subtree"},
      {absl::StrCat(kOneSource, "sections { source: 'a' entries { tensor { from: 'a' to: 'b' tied { to: 'c' } } } }"), "tied"},
      {absl::StrCat(kOneSource, "sections { source: 'a' entries { tensor { from: 'a' to: 'b' tied { to: '{' config: 'c' } } } }"),
       "partner"},
      {absl::StrCat(kOneSource, section, "result { config {} }"), "the config names the unknown source"},
      {absl::StrCat(kOneSource, section, "result { config { source: 'a' json: '[]' } }"), "json: it is an array"},
      {absl::StrCat(kOneSource, section, "result { config { source: 'a' omitted_json: '{' } }"), "omitted_json"},
      {absl::StrCat(kOneSource, section, "result { config { source: 'a' extents { key: 'k' } } }"), "extent"},
      {absl::StrCat(kOneSource, section, "result { config { source: 'a' extents { key: '\\377' tensor: 't' } } }"), "not UTF-8"},
      {absl::StrCat(kOneSource, section, "result { config { source: 'a' path_key: '\\377' } }"), "path_key"},
      {absl::StrCat(kOneSource, section, "result { tokenizer_from: 'b' }"), "tokenizer_from"},
      {absl::StrCat(kOneSource, section, "result { modules_from: 'a' modules { version: 1 } }"), "either"},
      {absl::StrCat(kOneSource, section, "result { modules { count: '1' } }"), "unknown source"},
      {absl::StrCat(kOneSource, section, "result { modules { modules { name: '}' } } }"), "partner"},
  };
  for (const auto& c : cases) {
    const absl::Status status = ValidateRecipe(ParseRecipe(c.recipe));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.recipe;
    EXPECT_THAT(status.message(), HasSubstr(c.words)) << c.recipe;
  }
  EXPECT_TRUE(ValidateRecipe(ParseRecipe(absl::StrCat(kOneSource, section))).ok());
}

}  // namespace
}  // namespace weighbridge
