#include "formats/json/visit_json.h"

#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// "path: kind" of every value; scalars with what they are.
std::vector<std::string> Walk(absl::string_view text, absl::Status* status, int64_t max_nesting = 10) {
  std::vector<std::string> seen;
  *status = VisitJson(text, max_nesting, [&](absl::Span<const std::string> path, const JsonValue& value) {
    std::string line = absl::StrCat(absl::StrJoin(path, "/"), ": ", JsonKind(value));
    if (const auto* number = std::get_if<uint64_t>(&value)) absl::StrAppend(&line, " ", *number);
    if (const auto* number = std::get_if<int64_t>(&value)) absl::StrAppend(&line, " ", *number);
    if (const auto* words = std::get_if<std::string>(&value)) absl::StrAppend(&line, " ", *words);
    seen.push_back(line);
    return absl::OkStatus();
  });
  return seen;
}

TEST(VisitJsonTest, ShowsEveryValueWithTheWayToIt) {
  absl::Status status;
  EXPECT_THAT(Walk(R"( {"a": {"b": [1, [null], "x"]}, "": true} )", &status),
              ElementsAre(": an object", "a: an object", "a/b: an array", "a/b/0: a whole number 1", "a/b/1: an array", "a/b/1/0: null",
                          "a/b/2: a text x", ": true or false"));
  EXPECT_TRUE(status.ok()) << status;
}

TEST(VisitJsonTest, TellsWholeNumbersFromOthers) {
  absl::Status status;
  EXPECT_THAT(Walk("[0, 18446744073709551615, 18446744073709551616, -1, -0, 4.0, 4e0, \"4\"]", &status),
              ElementsAre(": an array", "0: a whole number 0", "1: a whole number 18446744073709551615", "2: a number that is not whole",
                          "3: a number with a minus sign -1", "4: a number with a minus sign 0", "5: a number that is not whole",
                          "6: a number that is not whole", "7: a text 4"));
  EXPECT_TRUE(status.ok()) << status;
}

TEST(VisitJsonTest, UnescapesTexts) {
  absl::Status status;
  EXPECT_THAT(Walk(R"(["\ud83d\ude00\u0041\n"])", &status), ElementsAre(": an array",
                                                                        "0: a text \xf0\x9f\x98\x80"
                                                                        "A\n"));
}

TEST(VisitJsonTest, RefusesWhatIsNoJson) {
  struct Case {
    const char* what;
    std::string text;
    const char* mention;
  };
  const Case cases[] = {
      {"nothing", "", "no valid JSON"},
      {"an open object", R"({"a": 1)", "no valid JSON: byte 8: syntax error while parsing object - unexpected end of input; expected '}'"},
      {"a comma at the end", R"({"a": 1,})", "byte 9"},
      {"a second root", "{} {}", "byte 4"},
      {"a comment", "{} // x", "no valid JSON"},
      {"a single quote", "{'a': 1}", "no valid JSON"},
      {"a key that is no text", "{1: 1}", "no valid JSON"},
      {"a leading zero", "[04]", "no valid JSON"},
      {"a leading plus", "[+4]", "no valid JSON"},
      {"not a number", "[NaN]", "no valid JSON"},
      {"a number beyond double", "[1e999]", "number overflow"},
      {"a raw control character", "[\"\x01\"]", "no valid JSON"},
      {"a lone high surrogate", R"(["\ud800"])", "no valid JSON"},
      {"a lone low surrogate", R"(["\udc00"])", "no valid JSON"},
      {"broken UTF-8", "[\"\xff\"]", "no valid JSON"},
      {"overlong UTF-8", "[\"\xc0\x80\"]", "no valid JSON"},
      {"a surrogate in UTF-8", "[\"\xed\xa0\x80\"]", "no valid JSON"},
      {"a zero byte after the root", std::string("{}\0\0", 4), "byte 3 is zero"},
      {"a zero byte in a text", std::string("[\"a\0\"]", 6), "byte 4 is zero"},
      {"a byte order mark", "\xef\xbb\xbf{}", "byte order mark"},
      {"a key twice", R"({"a": 1, "a": 2})", "the key \"a\" stands twice in the outermost object"},
      {"a key twice, once escaped", R"({"b": {"a": 1, "\u0061": 2}})", "the key \"a\" stands twice in \"b\""},
      {"a key twice in an item", R"([{}, {"a": 1, "a": 2}])", "twice in \"1\""},
  };
  for (const Case& c : cases) {
    absl::Status status;
    Walk(c.text, &status);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << c.what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.mention)) << c.what;
  }
}

TEST(VisitJsonTest, DoesNotQuoteTheFileInItsMessage) {
  absl::Status status;
  Walk("[1e999" + std::string(100'000, '0') + "]", &status);
  EXPECT_THAT(status.message(), SizeIs(testing::Lt(100u)));
  Walk("[\"" + std::string(100'000, 'a') + "\x01\"]", &status);
  EXPECT_THAT(status.message(), SizeIs(testing::Lt(200u)));
}

TEST(VisitJsonTest, KeepsKeysOfSiblingsApart) {
  absl::Status status;
  EXPECT_THAT(Walk(R"([{"a": 1}, {"a": {"a": 2}}])", &status), SizeIs(6));
  EXPECT_TRUE(status.ok()) << status;
}

TEST(VisitJsonTest, LimitsNesting) {
  absl::Status status;
  Walk("[[[1]]]", &status, 3);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(Walk("[[[[1]]]]", &status, 3), SizeIs(3));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  Walk(std::string(1'000'000, '['), &status, 1000);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(VisitJsonTest, StopsAtTheVisitorsFirstFailure) {
  int calls = 0;
  const absl::Status status = VisitJson("[1, 2, 3", 10, [&](absl::Span<const std::string> path, const JsonValue& value) {
    return ++calls == 2 ? absl::UnimplementedError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(status, absl::UnimplementedError("enough"));
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace weighbridge
