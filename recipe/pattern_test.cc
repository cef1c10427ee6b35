#include "recipe/pattern.h"

#include <string>

#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(PatternTest, AStarStandsForAnyTextAlsoNone) {
  EXPECT_TRUE(MatchesPattern("vision_model*", "vision_model"));
  EXPECT_TRUE(MatchesPattern("vision_model*", "vision_model_x.weight"));
  EXPECT_TRUE(MatchesPattern("llama_proj*weight", "llama_proj.weight"));
  EXPECT_TRUE(MatchesPattern("llama_proj*weight", "llama_projweight"));
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("a*b*c", "a.b.b.c"));
}

TEST(PatternTest, EverythingElseStandsForItself) {
  EXPECT_TRUE(MatchesPattern("query_tokens", "query_tokens"));
  EXPECT_FALSE(MatchesPattern("query_tokens", "query_tokens2"));
  EXPECT_FALSE(MatchesPattern("a.b", "axb"));
  EXPECT_FALSE(MatchesPattern("a*b", "a.b.c"));
  EXPECT_FALSE(MatchesPattern("", "a"));
  EXPECT_FALSE(MatchesPattern("llama_proj*weight", "llama_proj.bias"));
}

// Time quadratic in the lengths, not exponential in the number of stars.
TEST(PatternTest, ManyStarsAreFast) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesPattern(pattern + "b", std::string(10000, 'a')));
}

}  // namespace
}  // namespace weighbridge
