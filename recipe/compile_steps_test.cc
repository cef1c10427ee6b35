#include "recipe/compile_steps.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "expr/plan.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "recipe/compile_options.h"
#include "recipe/compile_testing.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TensorSpec kMatrix{DType::kFloat32, {2, 3}};
const TensorSpec kVector{DType::kFloat32, {3}};

constexpr char kTwoSources[] = "sources { id: 'a' description: 'A' } sources { id: 'b' description: 'B' } ";

TEST(CastStepTest, MayPassOverWhatIsNoFloatingPoint) {
  const auto plan = CompileText(R"(sources { id: 'a' description: 'A' }
      sections { source: 'a' cast { dtype: 'float16' floating_point_only: true } takes { match: '*' } })",
                                {MakeSource("a", {{"w", kMatrix, ""}, {"n", {DType::kInt64, {1}}, ""}, {"b", {DType::kBool, {1}}, ""}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Outputs(*plan), ElementsAre("w = cast(a/w, float16)", "n = a/n", "b = a/b"));
}

TEST(AddStepTest, AddsTheTensorOfThatNameAfterItsOwnSteps) {
  const auto plan = CompileText(absl::StrCat(kTwoSources, R"(
      sections {
        source: 'a'
        cast { dtype: 'float16' }
        entries { layers { count: '2' tensors {
          from: 'w.{i}' to: 'o.{i}'
          steps { add { source: 'b' steps { cast { dtype: 'float16' } } } }
          steps { transpose {} } } } }
        entries { tensor {
          from: 'v' to: 'p'
          steps { cast { dtype: 'float32' } }
          steps { add { source: 'b' from: 'x.{b.tensors}' steps { add { source: 'a' from: 'v2' } } } } } }
      })"),
                                {MakeSource("a", {{"w.0", kMatrix, ""}, {"w.1", kMatrix, ""}, {"v", kVector, ""}, {"v2", kVector, ""}}),
                                 MakeSource("b", {{"w.1", kMatrix, ""}, {"w.0", kMatrix, ""}, {"x.3", kVector, ""}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Outputs(*plan), ElementsAre("o.0 = transpose(add(cast(a/w.0, float16), cast(b/w.0, float16)))",
                                          "o.1 = transpose(add(cast(a/w.1, float16), cast(b/w.1, float16)))",
                                          "p = add(cast(cast(a/v, float16), float32), add(b/x.3, a/v2))"));
  EXPECT_EQ(plan->used, 7);
}

TEST(AddStepTest, AddsInTakesToo) {
  const auto plan = CompileText(absl::StrCat(kTwoSources,
                                             "sections { source: 'a' takes { match: '*' steps { add { source: 'b' } } "
                                             "replacements { text: 'w' with: 'o' } } }"),
                                {MakeSource("a", {{"w", kMatrix, ""}}), MakeSource("b", {{"w", kMatrix, ""}})});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Outputs(*plan), ElementsAre("o = add(a/w, b/w)"));
}

TEST(AddStepTest, BothSidesMustHaveEachTensor) {
  const std::string recipe = absl::StrCat(kTwoSources, R"(sections { source: 'a' entries { tensor { from: 'w' to: 'w' steps { add {
      source: 'b' if_missing: 'Another delta' if_spec_differs: 'Of another size' } } } } })");
  const struct {
    std::vector<Zeros> a;
    std::vector<Zeros> b;
    absl::StatusCode code;
    std::vector<std::string> words;
  } cases[] = {
      {{{"w", kMatrix, ""}}, {}, absl::StatusCode::kNotFound, {"b.bin", "\"w\" is missing", "Another delta"}},
      {{{"w", kMatrix, ""}},
       {{"w", kVector, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"a.bin", "b.bin", "float32 [3]", "float32 [2, 3]", "Of another size"}},
      {{{"w", kMatrix, ""}},
       {{"w", {DType::kFloat16, {2, 3}}, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"float16 [2, 3]", "Of another size"}},
      {{{"w", {DType::kInt64, {1}}, ""}}, {{"w", {DType::kInt64, {1}}, ""}}, absl::StatusCode::kUnimplemented, {"\"w\"", "int64"}},
      {{{"w", kMatrix, ""}},
       {{"w", kMatrix, ""}, {"x", kVector, ""}},
       absl::StatusCode::kFailedPrecondition,
       {"b.bin", "\"x\"", "neither used nor dropped"}},
  };
  for (const auto& c : cases) {
    const absl::Status status = CompileText(recipe, {MakeSource("a", c.a), MakeSource("b", c.b)}).status();
    EXPECT_EQ(status.code(), c.code) << status;
    for (const std::string& word : c.words) EXPECT_THAT(status.message(), HasSubstr(word));
  }
}

constexpr char kTokenRows[] = R"(sources { id: 'a' description: 'A' } sections { source: 'a' entries { tensor {
    from: 'w' to: 'w' steps { add_token_rows { token: '[PAD]' if_no_tokenizer: 'Say how many' if_token_known: 'A trap'
    if_rows_missing: 'Not its tokenizer' } } } } })";

PlanSource Rows(int64_t rows, const std::vector<std::string>& pieces) {
  std::map<std::string, std::string> files;
  if (!pieces.empty()) files["tokenizer.model"] = TokenizerModel(pieces);
  return MakeSource("a", {{"w", {DType::kFloat16, {rows, 3}}, ""}}, {}, files);
}

TEST(AddTokenRowsTest, FitsTheRowsToTheTokenizer) {
  const std::vector<std::string> plain = {"<unk>", "<s>", "</s>", "z"};
  const std::vector<std::string> padded = {"<unk>", "<s>", "</s>", "[PAD]"};
  const std::vector<std::string> none = {};
  const struct {
    int64_t rows;
    std::vector<std::string> pieces;
    const char* pad_rows;
    const char* expr;
  } cases[] = {
      {4, plain, "auto", "w = pad(a/w, [5, 3])"},
      {7, plain, "auto", "w = pad(slice(a/w, [0:4, :]), [5, 3])"},
      {4, plain, "reference", "w = pad(a/w, [5, 3])"},
      {4, padded, "reference", "w = pad(slice(a/w, [0:0, :]), [4, 3])"},
      {3, padded, "reference", "w = pad(slice(a/w, [0:0, :]), [4, 3])"},
      {4, plain, "0", "w = a/w"},
      {6, plain, "0", "w = slice(a/w, [0:4, :])"},
      {6, plain, "3", "w = pad(slice(a/w, [0:4, :]), [7, 3])"},
      {4, padded, "0", "w = a/w"},
      {6, none, "0", "w = a/w"},
      {6, none, "2", "w = pad(a/w, [8, 3])"},
  };
  for (const auto& c : cases) {
    const auto plan = CompileText(kTokenRows, {Rows(c.rows, c.pieces)}, {.parameters = {{"pad_rows", c.pad_rows}}});
    ASSERT_TRUE(plan.ok()) << c.expr << ": " << plan.status();
    EXPECT_THAT(Outputs(*plan), ElementsAre(c.expr));
    // The recipe that the plan carries needs no option.
    const auto again = Compile(plan->recipe, {Rows(c.rows, c.pieces)});
    ASSERT_TRUE(again.ok()) << c.expr << ": " << again.status();
    EXPECT_THAT(Outputs(*again), ElementsAre(c.expr));
  }
}

TEST(AddTokenRowsTest, AParameterTakesThePlaceOfWhatARecipeWithoutParametersSays) {
  const std::string recipe = R"(sources { id: 'a' description: 'A' }
      sections { source: 'a' takes { match: '*' steps { add_token_rows { token: '[PAD]' pad_rows: '3' } } } })";
  const std::vector<std::string> plain = {"<unk>", "<s>", "</s>", "z"};
  const struct {
    CompileOptions options;
    const char* expr;
    const char* told;
  } cases[] = {
      {{}, "w = pad(a/w, [7, 3])", "3"},
      {{.parameters = {{"pad_rows", "auto"}}}, "w = pad(a/w, [5, 3])", "auto"},
      {{.parameters = {{"pad_rows", "reference"}}}, "w = pad(a/w, [5, 3])", "reference"},
      {{.parameters = {{"pad_rows", "0"}}}, "w = a/w", "0"},
  };
  for (const auto& c : cases) {
    const auto plan = CompileText(recipe, {Rows(4, plain)}, c.options);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_THAT(Outputs(*plan), ElementsAre(c.expr));
    EXPECT_EQ(plan->recipe.sections(0).takes(0).steps(0).add_token_rows().pad_rows(), c.told);
  }
}

TEST(AddTokenRowsTest, RefusesWhatTheReferenceSpoils) {
  const std::vector<std::string> plain = {"<unk>", "<s>", "</s>", "z"};
  const std::vector<std::string> padded = {"<unk>", "<s>", "</s>", "[PAD]"};
  const struct {
    PlanSource source;
    const char* pad_rows;
    absl::StatusCode code;
    const char* words;
  } cases[] = {
      {Rows(4, padded), "", absl::StatusCode::kFailedPrecondition, "knows the token already. A trap"},
      {Rows(4, {}), "", absl::StatusCode::kFailedPrecondition, "no tokenizer.model beside it. Say how many"},
      {Rows(4, {}), "reference", absl::StatusCode::kFailedPrecondition, "Say how many"},
      {Rows(3, plain), "", absl::StatusCode::kFailedPrecondition, "knows 4 tokens, the matrix has 3 rows. Not its tokenizer"},
      {Rows(3, plain), "reference", absl::StatusCode::kFailedPrecondition, "Not its tokenizer"},
      {Rows(3, plain), "1", absl::StatusCode::kFailedPrecondition, "Not its tokenizer"},
      {Rows(4, {}), "-1", absl::StatusCode::kInvalidArgument, "-1"},
      {Rows(4, {}), "9223372036854775807", absl::StatusCode::kInvalidArgument, "too many"},
      {MakeSource("a", {{"w", kVector, ""}}), "", absl::StatusCode::kFailedPrecondition, "only a matrix"},
      {MakeSource("a", {{"w", kMatrix, ""}}, {}, {{"tokenizer.model", "\n\xff"}}), "", absl::StatusCode::kDataLoss, "tokenizer.model"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CompileText(kTokenRows, {c.source}, {.parameters = {{"pad_rows", c.pad_rows}}}).status();
    EXPECT_EQ(status.code(), c.code) << c.words << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr(c.words));
  }
}

}  // namespace
}  // namespace weighbridge
