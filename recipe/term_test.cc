#include "recipe/term.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<int64_t> Scope(absl::string_view name) {
  if (name == "i") return 3;
  if (name == "vicuna.hidden_size") return 4096;
  if (name == "blip2.query_tokens[2]") return 768;
  return absl::NotFoundError(absl::StrCat("no ", name));
}

TEST(TermTest, ComputesWithTheUsualPrecedence) {
  EXPECT_EQ(*EvaluateTerm("7", Scope), 7);
  EXPECT_EQ(*EvaluateTerm("7 * i + 3", Scope), 24);
  EXPECT_EQ(*EvaluateTerm("7*(i+3)", Scope), 42);
  EXPECT_EQ(*EvaluateTerm("vicuna.hidden_size / 32 / 2", Scope), 64);
  EXPECT_EQ(*EvaluateTerm("10 - 4 - 3", Scope), 3);
}

TEST(TermTest, AnExtentIsANameWithAnAxis) {
  EXPECT_EQ(*EvaluateTerm("2 * blip2.query_tokens[2]", Scope), 1536);
  EXPECT_EQ(*ExpandTerms("w{blip2.query_tokens[2]}", Scope), "w768");
}

TEST(TermTest, AChoiceIsTheFirstOfWhichAllNamesAreThere) {
  EXPECT_EQ(*EvaluateTerm("i ?? missing", Scope), 3);
  EXPECT_EQ(*EvaluateTerm("missing ?? i", Scope), 3);
  EXPECT_EQ(*EvaluateTerm("2 * (missing + 1) * 3 ?? 4 * i ?? missing", Scope), 12);
  EXPECT_EQ(*EvaluateTerm("2 * (missing ?? also.missing ?? i)", Scope), 6);
  EXPECT_EQ(*EvaluateTerm("(missing ?? missing) ?? (missing ?? i) + 1", Scope), 4);
  // What is not chosen is not computed, though it must be a term.
  EXPECT_EQ(*EvaluateTerm("i ?? 1 / 0", Scope), 3);
  EXPECT_EQ(EvaluateTerm("1 / 0 ?? i", Scope).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EvaluateTerm("missing ?? also.missing", Scope).status().message(), "no also.missing");
}

TEST(TermTest, SaysWhatIsWrong) {
  const struct {
    std::string term;
    absl::StatusCode code;
    const char* message;
  } cases[] = {
      {"", absl::StatusCode::kInvalidArgument, "missing"},
      {"2 +", absl::StatusCode::kInvalidArgument, "missing"},
      {"(2", absl::StatusCode::kInvalidArgument, "not closed"},
      {"2)", absl::StatusCode::kInvalidArgument, "too much"},
      {"2 2", absl::StatusCode::kInvalidArgument, "too much"},
      {"99999999999999999999", absl::StatusCode::kInvalidArgument, "is no number"},
      {"7 / 2", absl::StatusCode::kInvalidArgument, "no whole number"},
      {"7 / 0", absl::StatusCode::kInvalidArgument, "no whole number"},
      {"9223372036854775807 + i", absl::StatusCode::kInvalidArgument, "exceeds 2^63"},
      {"hidden", absl::StatusCode::kNotFound, "no hidden"},
      {"i ? i", absl::StatusCode::kInvalidArgument, "too much"},
      {"i ??", absl::StatusCode::kInvalidArgument, "missing"},
      {"?? i", absl::StatusCode::kInvalidArgument, "missing"},
      {"i ?? 2 2", absl::StatusCode::kInvalidArgument, "too much"},
      {"missing + ?? i", absl::StatusCode::kInvalidArgument, "missing"},
      {"i[", absl::StatusCode::kInvalidArgument, "in brackets"},
      {"i[]", absl::StatusCode::kInvalidArgument, "in brackets"},
      {"i[1", absl::StatusCode::kInvalidArgument, "in brackets"},
      {"i[-1]", absl::StatusCode::kInvalidArgument, "in brackets"},
      {"2[1]", absl::StatusCode::kInvalidArgument, "too much"},
      {std::string(100000, '('), absl::StatusCode::kInvalidArgument, "too many parentheses"},
  };
  for (const auto& c : cases) {
    const absl::Status status = EvaluateTerm(c.term, Scope).status();
    EXPECT_EQ(status.code(), c.code) << c.term;
    EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.term;
  }
}

TEST(TermTest, ExpandsTexts) {
  EXPECT_EQ(*ExpandTerms("layers.{i}.w{2 * i}", Scope), "layers.3.w6");
  EXPECT_EQ(*ExpandTerms("plain", Scope), "plain");
  EXPECT_EQ(*ExpandTerms("", Scope), "");
  EXPECT_EQ(ExpandTerms("a{i", Scope).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ExpandTerms("a}i{", Scope).status().code(), absl::StatusCode::kInvalidArgument);
}

// Of nested choices whose first names are all missing, each is read once and skipped once.
TEST(TermTest, ChoicesInsideEachOtherTakeNoMoreTimeThanTheirText) {
  std::string term = "i";
  for (int depth = 0; depth < 49; ++depth) term = absl::StrCat("(", term, " ?? i) + missing");
  EXPECT_EQ(EvaluateTerm(term, Scope).status().code(), absl::StatusCode::kNotFound);
  for (int depth = 0; depth < 49; ++depth) ASSERT_TRUE(CheckTerm(term).ok());
}

}  // namespace
}  // namespace weighbridge
