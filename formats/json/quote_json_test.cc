#include "formats/json/quote_json.h"

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

// What safetensors 0.8.0 (serde_json) writes for the same texts.
TEST(QuoteJsonTest, EscapesWhatJsonAsksForAndNothingElse) {
  EXPECT_EQ(*QuoteJson(""), R"("")");
  EXPECT_EQ(*QuoteJson("\x07\x7f\xc3\xa9\"\\\n/"), "\"\\u0007\x7f\xc3\xa9\\\"\\\\\\n/\"");
  EXPECT_EQ(*QuoteJson("\x1f\b\f\r\t"), R"("\u001f\b\f\r\t")");
  EXPECT_EQ(*QuoteJson("\xf0\x9f\x98\x80\xef\xbf\xbf"), "\"\xf0\x9f\x98\x80\xef\xbf\xbf\"");
  EXPECT_EQ(*QuoteJson(std::string("a\0b", 3)), R"("a\u0000b")");
}

TEST(QuoteJsonTest, EscapesWhatIsNotAsciiAsPythonDoes) {
  EXPECT_EQ(*QuoteAsciiJson("a\"\xc3\xa9\xf0\x9f\x98\x80\x7f"), "\"a\\\"\\u00e9\\ud83d\\ude00\\u007f\"");
  EXPECT_EQ(QuoteAsciiJson("\xff").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(QuoteJsonTest, RefusesWhatIsNotUtf8) {
  for (const char* text : {"a\xff", "\xed\xa0\x80", "\xc3"}) {
    EXPECT_EQ(QuoteJson(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace weighbridge
