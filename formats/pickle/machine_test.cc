#include "formats/pickle/machine.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/machine_test_util.h"
#include "formats/pickle/pickle_assembler.h"
#include "gtest/gtest.h"

namespace weighbridge::pickle {
namespace {

using Code = absl::StatusCode;

// A program that makes one value, without STOP, and the value.
struct GoodCase {
  std::string program;
  std::string shown;
};

void ExpectValues(const std::vector<GoodCase>& cases, const MachineOptions& options = TorchZip()) {
  for (const GoodCase& good : cases) EXPECT_EQ(RunAndShow(absl::StrCat(good.program, "."), options), good.shown);
}

std::string Sized(absl::string_view opcode, int length_size, absl::string_view contents) {
  return absl::StrCat(opcode, Number(contents.size(), length_size), contents);
}

TEST(MachineTest, Integers) {
  ExpectValues({
      {"K\xff", "255"},
      {"M\xff\xff", "65535"},
      {Int(-1), "-1"},
      {Int(INT32_MIN), "-2147483648"},
      {Sized("\x8a", 1, ""), "0"},
      {Sized("\x8a", 1, "\x80"), "-128"},
      {Sized("\x8a", 1, absl::string_view("\xff\0", 2)), "255"},
      {Sized("\x8a", 1, absl::string_view("\x05\0\0\0\0\0\0\0\0\0", 10)), "5"},
      {Sized("\x8a", 1, std::string(9, '\xff')), "-1"},
      {Sized("\x8b", 4, "\xfe\xff"), "-2"},
      {Long(INT64_MIN), "-9223372036854775808"},
      {"I-17\n", "-17"},
      {"I00\n", "False"},
      {"I01\n", "True"},
      {"L-9223372036854775808L\n", "-9223372036854775808"},
      {"L12\n", "12"},
      {"L9223372036854775808L\n", "0x000000000000008000"},
      {Sized("\x8a", 1, absl::string_view("\0\0\0\0\0\0\0\x80\0", 9)), "0x000000000000008000"},
  });
}

TEST(MachineTest, MagicOfLegacyFilesIsOneValueInEveryProtocol) {
  const std::string binary = RunAndShow("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  EXPECT_EQ(binary, "0x6cfc9c46f9206aa85019");
  EXPECT_EQ(RunAndShow("L119547037146038801333356L\n."), binary);
}

TEST(MachineTest, OtherAtoms) {
  ExpectValues({
      {"N", "None"},
      {kTrue, "True"},
      {kFalse, "False"},
      {absl::StrCat("G", absl::string_view("\x3f\xf8\0\0\0\0\0\0", 8)), "float(1.5)"},
      {"F-2.5e3\n", "float(-2500)"},
      {"Finf\n", "float(inf)"},
  });
}

TEST(MachineTest, Texts) {
  ExpectValues({
      {Unicode("wé"), "\"wé\""},
      {Sized("\x8c", 1, "\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\""},
      {Sized("\x8d", 8, "abc"), "\"abc\""},
      {"Vw\\u00e9\xe8\\U0001f600\\n\n", "\"wéè\xf0\x9f\x98\x80\\n\""},
      {Unicode(std::string(64 << 10, 'x')), absl::StrCat("\"", std::string(64 << 10, 'x'), "\"")},
      {Unicode(std::string((64 << 10) + 1, 'x')), "text of 65537"},
  });
}

TEST(MachineTest, Python2StringsAreUtf8ForTorch) {
  ExpectValues({
      {Python2("wé"), "py2\"wé\""},
      {Sized("T", 4, "abc"), "py2\"abc\""},
      {"S'a\\x41B\\'\\n\\101\\q'\n", "py2\"aAB'\nA\\q\""},
      {"S\"it's\"\n", "py2\"it's\""},
      {Sized("T", 4, std::string(70000, 'x')), "py2text of 70000"},
  });
}

TEST(MachineTest, Python2StringsAreLatin1ForPaddle) {
  ExpectValues({{Python2("w\xe9"), "py2\"wé\""}, {"S'\\xe9'\n", "py2\"é\""}}, Paddle());
}

TEST(MachineTest, Bytes) {
  ExpectValues({
      {Sized("C", 1, "ab"), "b\"ab\""},
      {Binary("\xff"), "b\"\\xff\""},
      {Sized("\x8e", 8, ""), "b\"\""},
      {Sized("\x96", 8, "abc"), "b\"abc\""},
  });
}

TEST(MachineTest, Containers) {
  ExpectValues({
      {")", "()"},
      {"N\x85", "(None)"},
      {"K\1K\2\x86", "(1, 2)"},
      {"K\1K\2K\3\x87", "(1, 2, 3)"},
      {"(K\1K\2K\3K\4t", "(1, 2, 3, 4)"},
      {"(t", "()"},
      {"]K\1a", "[1]"},
      {"](K\1K\2e", "[1, 2]"},
      {"](e", "[]"},
      {"(K\1K\2l", "[1, 2]"},
      {"}K\1K\2s", "{1: 2}"},
      {"}(K\1K\2K\3K\4u(K\5K\6u", "{1: 2, 3: 4, 5: 6}"},
      {"}(u", "{}"},
      {"(K\1K\2d", "{1: 2}"},
      {"\x8f(K\1\x90", "set"},
      {"(K\1\x91", "set"},
      {"K\1N0", "1"},
      {"K\1(0", "1"},
      {"K\1(NNN1", "1"},
      {"K\1" "2\x86", "(1, 1)"},
  });
}

TEST(MachineTest, DictKeysOfEveryKind) {
  ExpectValues({{"}(X\1\0\0\0aNNN\x88NG\x3f\xf8\0\0\0\0\0\0NC\1aN(K\1K\2tNu" + std::string(), ""}}, TorchZip());
}

}  // namespace
}  // namespace weighbridge::pickle
