#include "formats/json/json_members.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(JsonMembersTest, ValuesAreTextsByKey) {
  const auto members = ParseJsonMembers(R"({"b": [1, {"y": null, "x": 1e-6}], "a": "\u00e9"})", 10);
  ASSERT_TRUE(members.ok()) << members.status();
  EXPECT_THAT(*members, ElementsAre(Pair("a", "\"é\""), Pair("b", R"([1,{"x":1e-06,"y":null}])")));
}

// What Python 3.9's json.dumps(…, indent=2, sort_keys=True) gives for the same object.
TEST(JsonMembersTest, IsWrittenAsPythonDoes) {
  EXPECT_EQ(WriteJsonMembers({{"b", "[1,[]]"}, {"a", "\"é\""}, {"c", R"({"y":1e-06,"x":{}})"}, {"d", "0.02"}, {"e", "-1"}}),
            "{\n  \"a\": \"\\u00e9\",\n  \"b\": [\n    1,\n    []\n  ],\n  \"c\": {\n    \"x\": {},\n    \"y\": 1e-06\n  },\n"
            "  \"d\": 0.02,\n  \"e\": -1\n}\n");
  EXPECT_EQ(WriteJsonMembers({}), "{}\n");
}

TEST(JsonMembersTest, IsStrict) {
  for (const char* text :
       {"[]", "1", "", "{\"a\": 1, \"a\": 2}", "{\"a\": {\"b\": 1, \"b\": 2}}", "{} {}", "{\"a\": NaN}", "{\"a\": \"\xff\"}"}) {
    EXPECT_EQ(ParseJsonMembers(text, 10).status().code(), absl::StatusCode::kDataLoss) << text;
  }
  EXPECT_EQ(ParseJsonMembers(std::string(11, '[') + std::string(11, ']'), 10).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseJsonMembers("{\"a\":" + std::string(11, '[') + std::string(11, ']') + "}", 10).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(JsonMembersTest, LimitsTheNumberOfValues) {
  std::string text = "{\"a\": [1";
  for (int i = 0; i < 1'000'000; ++i) text += ",1";
  EXPECT_EQ(ParseJsonMembers(text + "]}", 10).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(JsonMembersTest, ComparesValuesNotTexts) {
  EXPECT_TRUE(SameJsonValue("1", "1.0"));
  EXPECT_TRUE(SameJsonValue(R"({"a": 1, "b": null})", R"({"b":null,"a":1})"));
  EXPECT_FALSE(SameJsonValue("1", "true"));
  EXPECT_FALSE(SameJsonValue("[1, 2]", "[2, 1]"));
  EXPECT_FALSE(SameJsonValue("null", "0"));
}

}  // namespace
}  // namespace weighbridge
