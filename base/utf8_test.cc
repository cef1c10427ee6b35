#include "base/utf8.h"

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(Utf8Test, IsWhatTheStandardAllows) {
  for (const absl::string_view text : {"", "a", "\x7f", "\xc3\xa9", "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (const absl::string_view text :
       {"\x80", "\xc3", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xff", "\xc3 "}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

}  // namespace
}  // namespace weighbridge
