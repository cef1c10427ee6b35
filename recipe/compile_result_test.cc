#include "recipe/compile_result.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "recipe/compile_testing.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const TensorSpec kMatrix{DType::kFloat32, {2, 3}};
const TensorSpec kRows{DType::kFloat32, {3, 3}};

constexpr char kTakeAll[] = "sources { id: 'a' description: 'A' } sections { source: 'a' takes { match: '*' steps { transpose {} } } } ";

// By name.
std::vector<std::pair<std::string, std::string>> Companions(const Plan& plan) {
  std::vector<std::pair<std::string, std::string>> companions;
  for (const Companion& companion : plan.companions) companions.emplace_back(companion.name, ReadAll(*companion.bytes, 1 << 20).value());
  return companions;
}

TEST(ResultTest, TheConfigIsTheSourcesOverTheDefaultsWithValuesReplacedAndOmitted) {
  const auto plan = CompileText(absl::StrCat(kTakeAll, R"(result { config {
      source: 'a'
      defaults_json: '{"kept": 0, "filled": 1e-06, "top_k": 50}'
      json: '{"dtype": "float16", "names": ["x"]}'
      extents { key: "rows" tensor: "w" axis: 0 }
      path_key: "from"
      omitted_json: '{"length": 20, "top_k": 50.0, "other": 1}'
    } })"),
                                {MakeSource("a", {{"w", kMatrix, ""}}, {},
                                            {{"config.json", R"({"rows": 7, "kept": null, "dtype": "x", "length": 20, "other": 2})"}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Companions(*plan),
              ElementsAre(Pair("config.json",
                               "{\n  \"dtype\": \"float16\",\n  \"filled\": 1e-06,\n  \"from\": \"a.bin\",\n"
                               "  \"kept\": null,\n  \"names\": [\n    \"x\"\n  ],\n  \"other\": 2,\n  \"rows\": 3\n}\n")));
  EXPECT_EQ(plan->facts, (Facts{{"dtype", std::string("float16")},
                                {"filled", 1e-6},
                                {"from", std::string("a.bin")},
                                {"names.0", std::string("x")},
                                {"other", int64_t{2}},
                                {"rows", int64_t{3}}}));
}

// The second companion's text.
std::string GenerationConfig(const std::string& fields, const std::map<std::string, std::string>& files) {
  const auto plan = CompileText(absl::StrCat(kTakeAll, "result { config { source: 'a' ", fields, " } }"),
                                {MakeSource("a", {{"w", kMatrix, ""}}, {}, files)});
  EXPECT_TRUE(plan.ok()) << plan.status();
  const auto companions = Companions(*plan);
  if (companions.size() < 2) return "none";
  EXPECT_EQ(companions[1].first, "generation_config.json");
  return companions[1].second;
}

TEST(ResultTest, TheGenerationConfigIsTheSourcesOrMadeOfTheConfig) {
  const std::string fields = R"(json: '{"eos": 2}' generation_defaults_json: '{"eos": null, "bos": null, "pad": null, "cache": true}'
      generation_json: '{"version": "1"}' generation_made_json: '{"made": true}')";
  const std::string config = R"({"bos": 1, "pad": null, "cache": true, "size": 3})";
  EXPECT_EQ(GenerationConfig(fields, {{"config.json", config}}),
            "{\n  \"bos\": 1,\n  \"eos\": 2,\n  \"made\": true,\n  \"version\": \"1\"\n}\n");
  const std::string own = R"({"pad": null,"cache": false,"more": 1,"version": "0"})";
  EXPECT_EQ(GenerationConfig(fields, {{"config.json", config}, {"generation_config.json", own}}),
            "{\n  \"cache\": false,\n  \"more\": 1,\n  \"version\": \"1\"\n}\n");
  EXPECT_EQ(GenerationConfig("", {{"config.json", config}, {"generation_config.json", own}}), own);
  EXPECT_EQ(GenerationConfig("", {{"config.json", config}}), "none");
}

// The reference, transformers, goes on as without it.
TEST(ResultTest, AGenerationConfigThatIsNoJsonIsPassedOverWithARemark) {
  const std::string recipe = absl::StrCat(kTakeAll, R"(result { config { source: 'a' generation_defaults_json: '{"eos": null}' } })");
  const auto compile = [&](const std::string& own) {
    return CompileText(recipe,
                       {MakeSource("a", {{"w", kMatrix, ""}}, {}, {{"config.json", R"({"eos": 1})"}, {"generation_config.json", own}})});
  };
  for (const char* own :
       {R"({"eos": 2,})", "{\"eos\": 2} // x", "\xef\xbb\xbf{}", "", "[]", "version https://git-lfs.github.com/spec/v1\n"}) {
    const auto plan = compile(own);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_THAT(Companions(*plan),
                ElementsAre(Pair("config.json", "{\n  \"eos\": 1\n}\n"), Pair("generation_config.json", "{\n  \"eos\": 1\n}\n")));
    EXPECT_THAT(plan->remarks, ElementsAre(HasSubstr("reading a/generation_config.json: ")));
  }
  EXPECT_THAT(compile(R"({"eos": 2})")->remarks, IsEmpty());
}

TEST(ResultTest, NumbersThatOnlyPythonsJsonHasAreCarriedOver) {
  const auto plan = CompileText(absl::StrCat(kTakeAll, "result { config { source: 'a' json: '{\"b\": 1}' } }"),
                                {MakeSource("a", {{"w", kMatrix, ""}}, {}, {{"config.json", R"({"limit": [0.0, Infinity], "x": NaN})"}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Companions(*plan),
              ElementsAre(Pair("config.json", "{\n  \"b\": 1,\n  \"limit\": [\n    0.0,\n    Infinity\n  ],\n  \"x\": NaN\n}\n")));
}

TEST(ResultTest, WithoutAConfigBesideTheSourceThereIsNone) {
  const auto plan = CompileText(absl::StrCat(kTakeAll, "result { config { source: 'a' generation_json: '{}' } }"),
                                {MakeSource("a", {{"w", kMatrix, ""}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->companions, IsEmpty());
  EXPECT_THAT(plan->facts, IsEmpty());
}

TEST(ResultTest, TokenizerFilesAreTheSourcesOwn) {
  const auto plan = CompileText(
      R"(sources { id: 'a' description: 'A' } sources { id: 'b' description: 'B' }
         sections { source: 'a' takes { match: '*' } }
         result { config { source: 'a' } tokenizer_from: 'b' })",
      {MakeSource("a", {{"w", kMatrix, ""}}, {}, {{"config.json", "{}"}, {"tokenizer.model", "of a"}}),
       MakeSource("b", {}, {}, {{"config.json", "{\"b\": 1}"}, {"tokenizer.model", "of b"}, {"added_tokens.json", "{}"}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Companions(*plan),
              ElementsAre(Pair("config.json", "{}\n"), Pair("added_tokens.json", "{}"), Pair("tokenizer.model", "of b")));
}

TEST(ResultTest, ModulesAreListedOrKept) {
  const auto plan = CompileText(absl::StrCat(kTakeAll, R"(result {
      modules { name: '' version: 1 }
      modules { name: 'l.{i}' version: 2 count: 'n' count_from: 'a' modules { name: 'l.{i}.x' version: 3 } }
      modules { name: 'end' version: 1 } })"),
                                {MakeSource("a", {{"w", kMatrix, ""}}, {{"n", int64_t{2}}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->module_versions, (ModuleVersions{{"", 1}, {"l.0", 2}, {"l.0.x", 3}, {"l.1", 2}, {"l.1.x", 3}, {"end", 1}}));

  PlanSource source = MakeSource("a", {{"w", kMatrix, ""}});
  Checkpoint with_modules = *source.checkpoint;
  with_modules.module_versions = ModuleVersions{{"own", 1}};
  source.checkpoint = std::make_shared<const Checkpoint>(std::move(with_modules));
  EXPECT_EQ(CompileText(kTakeAll, {source})->module_versions, std::nullopt);
  EXPECT_EQ(CompileText(absl::StrCat(kTakeAll, "result { modules_from: 'a' }"), {source})->module_versions, (ModuleVersions{{"own", 1}}));
}

TEST(ResultTest, SaysWhatAnExtentOrAConfigLacks) {
  const struct {
    const char* result;
    const char* config;
    absl::StatusCode code;
    const char* words;
  } cases[] = {
      {"extents { key: 'k' tensor: 'x' axis: 0 }", "{}", absl::StatusCode::kNotFound, "no output \"x\""},
      {"extents { key: 'k' tensor: 'w' axis: 2 }", "{}", absl::StatusCode::kFailedPrecondition, "no axis 2"},
      {"", "[]", absl::StatusCode::kDataLoss, "reading a/config.json"},
      {"", R"({"a.b": 1, "a": {"b": 1}})", absl::StatusCode::kDataLoss, "a.b"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CompileText(absl::StrCat(kTakeAll, "result { config { source: 'a' ", c.result, " } }"),
                                            {MakeSource("a", {{"w", kMatrix, ""}}, {}, {{"config.json", c.config}})})
                                    .status();
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(status.message(), HasSubstr(c.words));
  }
}

// A plan as a source of another: as if its result had been written and opened again.
class PlanSourceTest : public testing::Test {
 protected:
  PlanSource Made(const std::string& drops = "drops { source: 'y' match: 'extra' reason: 'inner' }") {
    const auto plan = CompileText(absl::StrCat(R"(
        sources { id: 'x' description: 'X' } sources { id: 'y' description: 'Y' subtree: 'm' outside_reason: 'outside' }
        sections { source: 'x' entries { tensor { from: 'w' to: 'made.w' steps { add { source: 'y' } } } }
                               entries { tensor { from: 'f' to: 'made.f' steps { add { source: 'y' } } } } }
        result { config { source: 'x' json: '{"size": 5}' path_key: 'from' } tokenizer_from: 'y' modules { name: 'm' version: 1 } }
        )",
                                               drops),
                                  {MakeSource("x", {{"w", kRows, ""}, {"f", kRows, ""}}, {}, {{"config.json", "{}"}}),
                                   MakeSource("y", {{"o", kRows, ""}, {"m.f", kRows, ""}, {"m.extra", kRows, ""}, {"m.w", kRows, ""}}, {},
                                              {{"tokenizer.model", TokenizerModel({"<unk>", "<s>", "</s>"})}})});
    EXPECT_TRUE(plan.ok()) << plan.status();
    return {.id = "v", .plan = std::make_shared<const Plan>(*plan)};
  }

  const std::string recipe_ = R"(
      sources { id: 'b' description: 'B' }
      sources { id: 'v' description: 'V' needs_config: true subtree: 'made' outside_reason: 'none' }
      sections { source: 'v' cast { dtype: 'float16' }
                 entries { tensor { from: 'w' to: 'out' shape: ['?', 'size - 2'] tensor_name: 'n{v.tensors}'
                                    steps { add_token_rows { token: '[PAD]' } } } } }
      drops { source: 'v' match: 'f' reason: 'outer' }
      drops { source: 'b' match: '*' reason: 'not needed' }
      result { config { source: 'v' path_key: 'from' } tokenizer_from: 'v' modules_from: 'v' })";
};

TEST_F(PlanSourceTest, IsInlinedAndAccountedForDownToTheCheckpoints) {
  const auto plan = CompileText(recipe_, {Made(), MakeSource("b", {{"z", kMatrix, ""}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Outputs(*plan), ElementsAre("out = pad(cast(add(x/w, y/m.w), float16), [4, 3]) (n2)"));
  EXPECT_EQ(plan->used, 2);
  EXPECT_THAT(Dropped(*plan), ElementsAre("b/z: not needed", "x/f: outer", "y/o: outside", "y/m.f: outer", "y/m.extra: inner"));
  std::vector<std::string> ids;
  for (const PlanSource& source : plan->sources) {
    ids.push_back(source.id);
    EXPECT_NE(source.checkpoint, nullptr);
  }
  EXPECT_THAT(ids, ElementsAre("b", "x", "y"));
  ASSERT_EQ(plan->made_sources.size(), 1u);
  EXPECT_EQ(plan->made_sources[0].id, "v");
  EXPECT_EQ(plan->made_sources[0].recipe.sources_size(), 2);
}

TEST_F(PlanSourceTest, GivesItsConfigItsFilesAndItsModules) {
  const auto plan = CompileText(recipe_, {MakeSource("b", {}), Made()});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Companions(*plan), ElementsAre(Pair("config.json", "{\n  \"from\": \"x.bin\",\n  \"size\": 5\n}\n"),
                                             Pair("tokenizer.model", TokenizerModel({"<unk>", "<s>", "</s>"}))));
  EXPECT_EQ(plan->module_versions, (ModuleVersions{{"m", 1}}));
}

TEST_F(PlanSourceTest, StandsInMessagesWithItsRecipe) {
  const auto missing =
      CompileText("sources { id: 'v' description: 'V' } sections { source: 'v' entries { tensor { from: 'q' to: 'q' } } }", {Made()});
  EXPECT_THAT(missing.status().message(), HasSubstr("source \"v\" (made by recipe \"test\"): tensor \"q\""));
  const auto unaccounted =
      CompileText("sources { id: 'v' description: 'V' } sections { source: 'v' entries { tensor { from: 'made.w' to: 'q' } } }", {Made()});
  EXPECT_EQ(unaccounted.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(unaccounted.status().message(), HasSubstr("\"made.f\""));
}

TEST_F(PlanSourceTest, TwoCheckpointsOfOneIdAreRefused) {
  const auto plan = CompileText(R"(sources { id: 'v' description: 'V' } sources { id: 'x' description: 'X' }
      sections { source: 'v' takes { match: '*' } } drops { source: 'x' match: '*' reason: 'r' })",
                                {Made(), MakeSource("x", {{"q", kMatrix, ""}})});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(plan.status().message(), HasSubstr("\"x\""));
}

TEST_F(PlanSourceTest, ChainsKeepTheOrderOfInlining) {
  const auto middle = CompileText("sources { id: 'v' description: 'V' } sections { source: 'v' takes { match: '*' } }", {Made()});
  ASSERT_TRUE(middle.ok()) << middle.status();
  const auto plan = CompileText("sources { id: 'u' description: 'U' } sections { source: 'u' takes { match: '*' } }",
                                {{.id = "u", .plan = std::make_shared<const Plan>(*middle)}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->made_sources.size(), 2u);
  EXPECT_EQ(plan->made_sources[0].id, "v");
  EXPECT_EQ(plan->made_sources[1].id, "u");
  EXPECT_THAT(Dropped(*plan), ElementsAre("y/o: outside", "y/m.extra: inner"));
}

}  // namespace
}  // namespace weighbridge
