#include "formats/json/python_numbers.h"

#include <cmath>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "formats/json/json_members.h"
#include "formats/json/visit_json.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

std::string Quoted(std::string text) {
  const absl::Status status = QuotePythonNumbers(text);
  return status.ok() ? text : std::string(status.message());
}

TEST(PythonNumbersTest, WordsBecomeTextsThatStandForThem) {
  const std::string mark = "\xef\xb7\x90";
  EXPECT_EQ(Quoted("{\"a\": [0.0, Infinity], \"b\":-Infinity,\"c\":NaN}"),
            absl::StrCat("{\"a\": [0.0, \"", mark, "Infinity\"], \"b\":\"", mark, "-Infinity\",\"c\":\"", mark, "NaN\"}"));
  EXPECT_EQ(Quoted("NaN"), absl::StrCat("\"", mark, "NaN\""));
  EXPECT_TRUE(std::isnan(*PythonNumber(mark + "NaN")));
  EXPECT_EQ(*PythonNumber(mark + "Infinity"), INFINITY);
  EXPECT_EQ(*PythonNumber(mark + "-Infinity"), -INFINITY);
  EXPECT_EQ(PythonNumber("NaN"), std::nullopt);
  EXPECT_EQ(PythonNumber(mark + "nan"), std::nullopt);
  EXPECT_EQ(Quoted("[1000000000000000019884624838656, -99999999999999999999]"),
            absl::StrCat("[\"", mark, "1000000000000000019884624838656\", \"", mark, "-99999999999999999999\"]"));
  EXPECT_EQ(*PythonNumber(mark + "1000000000000000019884624838656"), 1e30);
  EXPECT_EQ(*PythonNumber(mark + "1" + std::string(400, '0')), INFINITY);
  EXPECT_EQ(*PythonNumber(mark + "-1" + std::string(400, '0')), -INFINITY);
}

// What json.loads of Python refuses must not become JSON.
TEST(PythonNumbersTest, NothingElseChanges) {
  for (const char* text : {"",
                           "{}",
                           R"({"a": "NaN"})",
                           R"({"NaN": 1})",
                           R"({"a": "\"NaN", "b": "\\"})",
                           R"({"a": "\\\", NaN"})",
                           "[nan]",
                           "[Infinityx]",
                           "[-NaN]",
                           "[+Infinity]",
                           "[Infinity1]",
                           "[1NaN]",
                           "[inf]",
                           "[18446744073709551615, -9223372036854775808]",
                           "[0123456789012345678901]",
                           "[12345678901234567890.5]",
                           "[1e400]",
                           "[-]",
                           "{12345678901234567890: 1}",
                           "{NaN: 1}",
                           "{Infinity\n : 1}",
                           "[\"NaN",
                           "[\"\\"}) {
    EXPECT_EQ(Quoted(text), text);
  }
}

TEST(PythonNumbersTest, ATextThatLooksLikeOneIsRefused) {
  for (const char* text : {"[\"\xef\xb7\x90NaN\"]", R"(["\ufdd0NaN"])", R"(["\uFDD0\u004eaN"])"}) {
    EXPECT_EQ(Quoted(text), "it holds U+FDD0, which is not a character") << text;
  }
}

// As json.dumps(json.loads(text), indent=2, sort_keys=True) gives it.
TEST(PythonNumbersTest, AreWrittenAsPythonDoes) {
  std::string text = R"({"b": [0.0, Infinity], "a": NaN, "c": {"x": -Infinity, "y": "Infinity"}, "d": 1000000000000000019884624838656})";
  ASSERT_TRUE(QuotePythonNumbers(text).ok());
  const auto members = ParseJsonMembers(text, 10);
  ASSERT_TRUE(members.ok()) << members.status();
  EXPECT_EQ(UnquotePythonNumbers(WriteJsonMembers(*members)),
            "{\n  \"a\": NaN,\n  \"b\": [\n    0.0,\n    Infinity\n  ],\n  \"c\": {\n    \"x\": -Infinity,\n    \"y\": \"Infinity\"\n  },\n"
            "  \"d\": 1000000000000000019884624838656\n}\n");
}

}  // namespace
}  // namespace weighbridge
