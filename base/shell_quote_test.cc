#include "base/shell_quote.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <string>

#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(ShellQuoteTest, PlainWordsStayAsTheyAre) {
  for (const std::string word : {"merge", "--save_path=/tmp/a-b_1.2", "blip2=x,y:z@w%+"}) EXPECT_EQ(ShellQuote(word), word);
}

TEST(ShellQuoteTest, WhatAShellWouldTouchIsQuoted) {
  EXPECT_EQ(ShellQuote(""), "''");
  EXPECT_EQ(ShellQuote("my weights"), "'my weights'");
  EXPECT_EQ(ShellQuote("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuote("~root"), "'~root'");
  EXPECT_EQ(ShellQuote("=ls"), "'=ls'");
  EXPECT_EQ(ShellQuote("a\nb"), "$'a\\012b'");
  EXPECT_EQ(ShellQuote("\xe2\x80\xae'"), "$'\\342\\200\\256\\047'");
}

// What bash takes `text` for, when it is pasted as an argument.
std::string AsBashTakesIt(const std::string& text) {
  const std::string command = "bash -c \"$(cat <<'END'\nprintf %s " + text + "\nEND\n)\"";
  FILE* pipe = popen(command.c_str(), "r");
  std::string taken;
  std::array<char, 256> buffer;
  for (size_t count; (count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) taken.append(buffer.data(), count);
  pclose(pipe);
  return taken;
}

TEST(ShellQuoteTest, AShellTakesItAsThisWord) {
  for (const std::string word : {"a b", "; touch pwned", "$(id)", "`id`", "'\"\\", "a&b|c>d<e", "*?[x]", "!x", "#x", "a\tb\r\nc", "\x1b[2J",
                                 "{a,b}", "~", "ü", "\u202egnp.exe", "$HOME"}) {
    EXPECT_EQ(AsBashTakesIt(ShellQuote(word)), word);
  }
}

}  // namespace
}  // namespace weighbridge
