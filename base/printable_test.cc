#include "base/printable.h"

#include <string>

#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(PrintableTest, OrdinaryTextStaysAsItIs) {
  for (const std::string text :
       {"", "model.norm.weight", "a \\ backslash \"quoted\"", "\xe6\x9d\x83\xe9\x87\x8d", "\xf0\x9f\x98\x80", "e\xcc\x81"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(PrintableTest, WhatIsUnseenOrNoTextIsEscaped) {
  struct Case {
    const char* what;
    std::string text;
    const char* printable;
  };
  const Case cases[] = {
      {"newline", "a\nb", "a\\nb"},
      {"carriage return", "a\rb", "a\\015b"},
      {"tab", "\t", "\\011"},
      {"null", std::string("\0", 1), "\\000"},
      {"escape", "\33[2J", "\\033[2J"},
      {"delete", "\x7f", "\\u007f"},
      {"C1: a control sequence's introducer", "\xc2\x9b", "\\u009b"},
      {"soft hyphen", "\xc2\xad", "\\u00ad"},
      {"Arabic letter mark", "\xd8\x9c", "\\u061c"},
      {"zero-width space", "\xe2\x80\x8b", "\\u200b"},
      {"zero-width joiner", "\xe2\x80\x8d", "\\u200d"},
      {"left-to-right mark", "\xe2\x80\x8e", "\\u200e"},
      {"right-to-left mark", "\xe2\x80\x8f", "\\u200f"},
      {"line separator", "\xe2\x80\xa8", "\\u2028"},
      {"left-to-right embedding", "\xe2\x80\xaa", "\\u202a"},
      {"right-to-left override", "\xe2\x80\xae", "\\u202e"},
      {"word joiner", "\xe2\x81\xa0", "\\u2060"},
      {"left-to-right isolate", "\xe2\x81\xa6", "\\u2066"},
      {"pop of an isolate", "\xe2\x81\xa9", "\\u2069"},
      {"byte order mark", "\xef\xbb\xbf", "\\ufeff"},
      {"variation selector", "\xef\xb8\x8f", "\\ufe0f"},
      {"private use", "\xee\x80\x80", "\\ue000"},
      {"tag", "\xf3\xa0\x81\x81", "\\udb40\\udc41"},
      {"a byte that begins nothing", "\xff", "\\377"},
      {"a byte that continues nothing", "a\x80", "a\\200"},
      {"cut short", "\xe2\x80", "\\342\\200"},
      {"longer than need be", "\xc0\x9b", "\\300\\233"},
      {"longer than need be, of three bytes", "\xe0\x80\x9b", "\\340\\200\\233"},
      {"a surrogate", "\xed\xa0\x80", "\\355\\240\\200"},
      {"beyond the last code point", "\xf4\x90\x80\x80", "\\364\\220\\200\\200"},
  };
  for (const Case& c : cases) EXPECT_EQ(Printable(c.text), c.printable) << c.what;
}

TEST(PrintableTest, LinesKeepTheirNewlines) {
  EXPECT_EQ(PrintableLines("a\n\33b\n"), "a\n\\033b\n");
}

}  // namespace
}  // namespace weighbridge
