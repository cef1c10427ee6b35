#include "recipe/term.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
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

absl::StatusOr<int64_t> Evaluate(const std::string& text) {
  ASSIGN_OR_RETURN(const Term term, Term::Parse(text));
  return term.Evaluate(Scope);
}

absl::StatusOr<std::string> Expand(const std::string& text) {
  ASSIGN_OR_RETURN(const TextWithTerms parsed, TextWithTerms::Parse(text));
  return parsed.Expand(Scope);
}

TEST(TermTest, ComputesWithTheUsualPrecedence) {
  EXPECT_EQ(*Evaluate("7"), 7);
  EXPECT_EQ(*Evaluate("7 * i + 3"), 24);
  EXPECT_EQ(*Evaluate("7*(i+3)"), 42);
  EXPECT_EQ(*Evaluate("vicuna.hidden_size / 32 / 2"), 64);
  EXPECT_EQ(*Evaluate("10 - 4 - 3"), 3);
}

TEST(TermTest, AnExtentIsANameWithAnAxis) {
  EXPECT_EQ(*Evaluate("2 * blip2.query_tokens[2]"), 1536);
  EXPECT_EQ(*Expand("w{blip2.query_tokens[2]}"), "w768");
}

TEST(TermTest, AChoiceIsTheFirstOfWhichAllNamesAreThere) {
  EXPECT_EQ(*Evaluate("i ?? missing"), 3);
  EXPECT_EQ(*Evaluate("missing ?? i"), 3);
  EXPECT_EQ(*Evaluate("2 * (missing + 1) * 3 ?? 4 * i ?? missing"), 12);
  EXPECT_EQ(*Evaluate("2 * (missing ?? also.missing ?? i)"), 6);
  EXPECT_EQ(*Evaluate("(missing ?? missing) ?? (missing ?? i) + 1"), 4);
  // What is not chosen is not computed, though it must be a term.
  EXPECT_EQ(*Evaluate("i ?? 1 / 0"), 3);
  EXPECT_EQ(Evaluate("1 / 0 ?? i").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Evaluate("missing ?? also.missing").status().message(), "no also.missing");
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
      {"99999999999999999999", absl::StatusCode::kInvalidArgument, "is not a number"},
      {"7 / 2", absl::StatusCode::kInvalidArgument, "not a whole number"},
      {"7 / 0", absl::StatusCode::kInvalidArgument, "not a whole number"},
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
      {std::string(1000, '('), absl::StatusCode::kInvalidArgument, "too many parentheses"},
      {std::string(5000, '1'), absl::StatusCode::kInvalidArgument, "at most 4096 bytes"},
  };
  for (const auto& c : cases) {
    const absl::Status status = Evaluate(c.term).status();
    EXPECT_EQ(status.code(), c.code) << c.term;
    EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.term;
  }
}

TEST(TermTest, ExpandsTexts) {
  EXPECT_EQ(*Expand("layers.{i}.w{2 * i}"), "layers.3.w6");
  EXPECT_EQ(*Expand("plain"), "plain");
  EXPECT_EQ(*Expand(""), "");
  EXPECT_EQ(Expand("a{i").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Expand("a}i{").status().code(), absl::StatusCode::kInvalidArgument);
}

// Of nested choices whose first names are all missing, each is read once and skipped once.
TEST(TermTest, ChoicesInsideEachOtherTakeNoMoreTimeThanTheirText) {
  std::string term = "i";
  for (int depth = 0; depth < 49; ++depth) term = absl::StrCat("(", term, " ?? i) + missing");
  EXPECT_EQ(Evaluate(term).status().code(), absl::StatusCode::kNotFound);
  for (int depth = 0; depth < 49; ++depth) ASSERT_TRUE(Term::Parse(term).ok());
}

}  // namespace
}  // namespace weighbridge
