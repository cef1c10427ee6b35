#include "formats/pickle/machine.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
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
      {"I0\n", "0"},
      {"L0L\n", "0"},
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
      // Only after an odd number of backslashes u and U begin an escape.
      {"V\\\\u0041\n", "\"\\\\u0041\""},
      {"V\\\\\\u0041\n", "\"\\\\A\""},
      {"V\\\\U00000041\\\n", "\"\\\\U00000041\\\""},
      {"V\\x\\u0041\n", "\"\\xA\""},
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
      {"K\1"
       "2\x86",
       "(1, 1)"},
  });
}

TEST(MachineTest, DictKeysOfEveryKind) {
  const std::string half = absl::StrCat("G", absl::string_view("\x3f\xe0\0\0\0\0\0\0", 8));
  ExpectValues({{absl::StrCat("}(", Unicode("a"), "N", "NN", kTrue, "N", half, "N", Binary("a"), "N", "K\1K\2\x86N", Long(1L << 40), "Nu"),
                 "{\"a\": None, None: None, True: None, float(0.5): None, b\"a\": None, (1, 2): None, 1099511627776: None}"}});
}

TEST(MachineTest, Memo) {
  ExpectValues({
      {"K\7q\5"
       "0h\5",
       "7"},
      {absl::StrCat("K\7r", Number(0xffffffff, 4), "0j", Number(0xffffffff, 4)), "7"},
      {"K\7p123456789012\n0g123456789012\n", "7"},
      {"K\7\x94K\x08\x94"
       "00h\1",
       "8"},
      {"K\7q\1K\x08q\1"
       "00h\1",
       "8"},
      {"K\7q\x05K\x08\x94"
       "00h\1",
       "8"},  // MEMOIZE counts entries, it does not follow the highest index.
  });
}

TEST(MachineTest, ProtocolEndAndFrames) {
  const std::string program = absl::StrCat(Proto(4), "\x95", Number(3, 8), "K\1.");
  const ByteSourcePtr source = MakeMemorySource("test", absl::StrCat("junk", program, "trailing"));
  const absl::StatusOr<Document> document = RunPickle(*source, 4, source->size(), TorchZip());
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->protocol, 4);
  EXPECT_EQ(document->end, 4 + static_cast<int64_t>(program.size()));
}

TEST(MachineTest, SharedValuesAreOne) {
  const absl::StatusOr<Document> document = RunProgram("]q\1h\1\x86.");
  ASSERT_TRUE(document.ok()) << document.status();
  const Tuple* tuple = document->root->As<Tuple>();
  EXPECT_EQ(tuple->items[0], tuple->items[1]);
}

TEST(MachineTest, RefusesWhatIsNoOpcode) {
  ExpectRefused({
      {"unknown byte", "N\xff.", Code::kDataLoss, {"offset 1", "0xff"}},
      {"EXT1", absl::StrCat("\x82", "\1."), Code::kUnimplemented, {"EXT1"}},
      {"EXT2", absl::StrCat("\x83", "\1\1."), Code::kUnimplemented, {"EXT2"}},
      {"EXT4", absl::StrCat("\x84", "\1\1\1\1."), Code::kUnimplemented, {"EXT4"}},
      {"NEXT_BUFFER", "\x97.", Code::kUnimplemented, {"NEXT_BUFFER"}},
      {"READONLY_BUFFER", "N\x98.", Code::kUnimplemented, {"READONLY_BUFFER"}},
      {"OBJ", absl::StrCat("(", GlobalOf("collections", "OrderedDict"), "o."), Code::kUnimplemented, {"OBJ"}},
      {"INST", "(icollections\nOrderedDict\n.", Code::kUnimplemented, {"INST"}},
      {"INST of a forbidden class", "(ios\nsystem\n.", Code::kPermissionDenied, {"INST", "os system"}},
      {"PROTO 6", absl::StrCat(Proto(6), "N."), Code::kUnimplemented, {"PROTO", "6"}},
  });
}

TEST(MachineTest, RefusesWhatEndsEarly) {
  ExpectRefused({
      {"nothing", "", Code::kDataLoss, {"STOP"}},
      {"PROTO alone", Proto(2), Code::kDataLoss, {"STOP"}},
      {"PROTO cut", "\x80", Code::kDataLoss, {"PROTO"}},
      {"no STOP", "N", Code::kDataLoss, {"offset 1", "STOP"}},
      {"BININT cut", "J\1\1", Code::kDataLoss, {"BININT"}},
      {"GLOBAL without its second line", "cos\nsystem", Code::kDataLoss, {"GLOBAL"}},
      {"text cut", absl::StrCat("X", Number(5, 4), "abc"), Code::kDataLoss, {"BINUNICODE"}},
      {"STOP on nothing", ".", Code::kDataLoss, {"STOP"}},
      {"STOP on a mark", "N(.", Code::kDataLoss, {"STOP"}},
  });
}

TEST(MachineTest, RefusesLengthsThatLie) {
  ExpectRefused({
      {"FRAME beyond the end", absl::StrCat("\x95", Number(uint64_t{1} << 62, 8), "N."), Code::kDataLoss, {"FRAME"}},
      {"FRAME of 2^63", absl::StrCat("\x95", Number(uint64_t{1} << 63, 8), "N."), Code::kDataLoss, {"FRAME"}},
      {"FRAME one too long", absl::StrCat("\x95", Number(3, 8), "N."), Code::kDataLoss, {"FRAME"}},
      {"LONG1", "\x8a\5\1.", Code::kDataLoss, {"LONG1"}},
      {"LONG4", absl::StrCat("\x8b", Number(0x7fffffff, 4), "."), Code::kDataLoss, {"LONG4"}},
      {"LONG4 negative", absl::StrCat("\x8b", Number(0xfffffffb, 4), "....."), Code::kDataLoss, {"LONG4", "-5"}},
      {"BINSTRING negative", absl::StrCat("T", Number(0xffffffff, 4), "."), Code::kDataLoss, {"BINSTRING", "-1"}},
      {"BINUNICODE", absl::StrCat("X", Number(0xffffffff, 4), "."), Code::kDataLoss, {"BINUNICODE"}},
      {"BINUNICODE8 of 2^40", absl::StrCat("\x8d", Number(uint64_t{1} << 40, 8), "."), Code::kDataLoss, {"BINUNICODE8"}},
      {"BINBYTES8 of 2^63", absl::StrCat("\x8e", Number(uint64_t{1} << 63, 8), "."), Code::kDataLoss, {"BINBYTES8"}},
      {"BYTEARRAY8 of 2^64 - 1", absl::StrCat("\x96", Number(~uint64_t{0}, 8), "."), Code::kDataLoss, {"BYTEARRAY8"}},
  });
}

TEST(MachineTest, RefusesAtomsOfAnotherForm) {
  ExpectRefused({
      {"INT of letters", "Iabc\n.", Code::kDataLoss, {"INT", "abc"}},
      {"INT of nothing", "I\n.", Code::kDataLoss, {"INT"}},
      {"INT with a space", "I 1\n.", Code::kDataLoss, {"INT"}},
      // CPython: octal 8, hexadecimal 16, True, False, 1000 or an error.
      {"INT with a zero before", "I010\n.", Code::kDataLoss, {"010", "octal"}},
      {"INT of three zeros", "I000\n.", Code::kDataLoss, {"000"}},
      {"INT of zero with a sign", "I-0\n.", Code::kDataLoss, {"-0"}},
      {"INT negative with a zero before", "I-010\n.", Code::kDataLoss, {"-010"}},
      {"INT in hexadecimal", "I0x10\n.", Code::kDataLoss, {"0x10"}},
      {"INT with a plus", "I+1\n.", Code::kDataLoss, {"+1"}},
      {"INT with underscores", "I1_000\n.", Code::kDataLoss, {"1_000"}},
      {"INT with an L", "I1L\n.", Code::kDataLoss, {"1L"}},
      {"INT with a carriage return", "I1\r\n.", Code::kDataLoss, {"INT"}},
      {"LONG with a zero before", "L010L\n.", Code::kDataLoss, {"010"}},
      {"LONG with two L", "L1LL\n.", Code::kDataLoss, {"1L"}},
      {"FLOAT with a space", "F 1.5\n.", Code::kDataLoss, {"FLOAT"}},
      {"FLOAT in hexadecimal", "F0x1p3\n.", Code::kDataLoss, {"FLOAT"}},
      {"FLOAT beyond the largest", "F1e999\n.", Code::kDataLoss, {"FLOAT"}},
      {"FLOAT that is NaN with a payload", "Fnan(1)\n.", Code::kDataLoss, {"FLOAT"}},
      {"LONG of a sign", "L-L\n.", Code::kDataLoss, {"LONG"}},
      {"LONG of 400000 digits", absl::StrCat("L", std::string(400000, '7'), "L\n."), Code::kResourceExhausted, {"400000 digits"}},
      {"FLOAT of letters", "Fabc\n.", Code::kDataLoss, {"FLOAT", "abc"}},
      {"STRING without quotes", "Sabc\n.", Code::kDataLoss, {"STRING"}},
      {"STRING of two kinds of quotes", "S'abc\"\n.", Code::kDataLoss, {"STRING"}},
      {"STRING with a cut escape", "S'\\x4'\n.", Code::kDataLoss, {"STRING"}},
      {"UNICODE with a cut escape", "V\\u12\n.", Code::kDataLoss, {"UNICODE"}},
      {"UNICODE with a surrogate", "V\\ud800\n.", Code::kDataLoss, {"UNICODE"}},
      {"UNICODE beyond the last code point", "V\\U00110000\n.", Code::kDataLoss, {"UNICODE"}},
  });
}

TEST(MachineTest, RefusesTextThatIsNotUtf8AndShowsItEscaped) {
  ExpectRefused({
      {"stray byte", absl::StrCat(Unicode("w\xff"), "."), Code::kDataLoss, {"w\\xff"}},
      {"lone surrogate", absl::StrCat(Unicode("w\xed\xa0\x80"), "."), Code::kDataLoss, {"w\\xed\\xa0\\x80"}},
      {"overlong", absl::StrCat(Unicode("\xc0\xaf"), "."), Code::kDataLoss, {"\\xc0\\xaf"}},
      {"overlong of three", absl::StrCat(Unicode("\xe0\x80\xaf"), "."), Code::kDataLoss, {"UTF-8"}},
      {"beyond the last code point", absl::StrCat(Unicode("\xf4\x90\x80\x80"), "."), Code::kDataLoss, {"UTF-8"}},
      {"cut", absl::StrCat(Unicode("\xe4\xb8"), "."), Code::kDataLoss, {"UTF-8"}},
      {"Python 2", absl::StrCat(Python2("w\xff"), "."), Code::kDataLoss, {"w\\xff"}},
  });
}

TEST(MachineTest, RefusesAnEmptyStack) {
  std::vector<BadCase> cases;
  for (const absl::string_view opcode : {"0", "2", "\x85", "\x86", "\x87", "a", "s", "R", "b", "Q", "\x81", "\x92", "\x93", "\x94"}) {
    cases.push_back({absl::StrCat("nothing on the stack for ", opcode), absl::StrCat(opcode, "."), Code::kDataLoss, {}});
    // A mark hides what stands below it.
    if (opcode != "0") cases.push_back({absl::StrCat("only a mark for ", opcode), absl::StrCat("NNN(", opcode, "."), Code::kDataLoss, {}});
  }
  for (const absl::string_view opcode : {"1", "t", "l", "d", "e", "u", "\x90", "\x91"}) {
    cases.push_back({absl::StrCat("no mark for ", opcode), absl::StrCat("NN", opcode, "."), Code::kDataLoss, {"mark"}});
  }
  for (const absl::string_view opcode : {"e", "u", "\x90"}) {
    cases.push_back({absl::StrCat("nothing below the mark for ", opcode), absl::StrCat("(N", opcode, "."), Code::kDataLoss, {}});
    cases.push_back({absl::StrCat("a mark below the mark for ", opcode), absl::StrCat("]((N", opcode, "."), Code::kDataLoss, {}});
  }
  ExpectRefused(cases);
}

TEST(MachineTest, RefusesContainersOfAnotherKind) {
  ExpectRefused({
      {"APPEND to a tuple", ")Na.", Code::kDataLoss, {"APPEND", "tuple"}},
      {"APPENDS to a dict", "}(Ne.", Code::kDataLoss, {"APPENDS", "dict"}},
      {"SETITEM on a tuple", ")NNs.", Code::kDataLoss, {"SETITEM", "tuple"}},
      {"SETITEMS on a list", "](NNu.", Code::kDataLoss, {"SETITEMS", "list"}},
      {"SETITEMS of three", "}(NNNu.", Code::kDataLoss, {"SETITEMS"}},
      {"DICT of three", "(NNNd.", Code::kDataLoss, {"DICT"}},
      {"ADDITEMS to a list", "](N\x90.", Code::kDataLoss, {"ADDITEMS", "list"}},
  });
}

TEST(MachineTest, RefusesBadKeys) {
  const std::string w = Unicode("w");
  const std::string one = absl::StrCat("G", absl::string_view("\x3f\xf0\0\0\0\0\0\0", 8));
  ExpectRefused({
      {"a list", "}]Ns.", Code::kUnimplemented, {"a list", "key"}},
      {"a dict", "}}Ns.", Code::kUnimplemented, {"a dict", "key"}},
      {"a tuple of a list", "}]\x85Ns.", Code::kUnimplemented, {"key"}},
      {"a tensor",
       absl::StrCat("}", TensorV2(StorageOf("FloatStorage", "0", 1), "K\1", ")", ")"), "Ns."),
       Code::kUnimplemented,
       {"a tensor"}},
      {"a long text", absl::StrCat("}", Unicode(std::string(70000, 'x')), "Ns."), Code::kUnimplemented, {"text of 70000"}},
      {"text twice", absl::StrCat("}(", w, "N", w, "Nu."), Code::kDataLoss, {"twice", "\"w\""}},
      {"text twice, in two batches", absl::StrCat("}(", w, "Nu(", w, "Nu."), Code::kDataLoss, {"twice"}},
      {"True and 1", absl::StrCat("}(", kTrue, "NK\1Nu."), Code::kDataLoss, {"twice"}},
      {"1 and 1.0", absl::StrCat("}(K\1N", one, "Nu."), Code::kDataLoss, {"twice"}},
      {"equal tuples", "}(K\1\x85NK\1\x85Nu.", Code::kDataLoss, {"twice"}},
      {"equal bytes", absl::StrCat("}(", Binary("a"), "N", Binary("a"), "Nu."), Code::kDataLoss, {"twice"}},
      {"a tuple with 2^30 members", absl::StrCat("})", Repeat("2\x86", 30), "Ns."), Code::kResourceExhausted, {"key"}},
  });
}

TEST(MachineTest, RefusesCyclesAndLateChanges) {
  ExpectRefused({
      {"a list in itself", "]q\1h\1a.", Code::kDataLoss, {"cycle"}},
      {"a list in itself, through a tuple",
       "]q\1h\1\x85"
       "a.",
       Code::kDataLoss,
       {"cycle"}},
      {"a dict in itself", "}q\1K\1h\1s.", Code::kDataLoss, {"cycle"}},
      {"a dict in itself, through a list", "}q\1]h\1a0h\1K\1]h\1as.", Code::kDataLoss, {"cycle"}},
      {"a list that another holds grows", "]q\1]h\1a0h\1Na.", Code::kDataLoss, {"changed"}},
      {"an OrderedDict in its own metadata",
       absl::StrCat(EmptyOrderedDict(), "q\1}", Unicode("_metadata"), "h\1sb."),
       Code::kDataLoss,
       {"cycle"}},
  });
}

TEST(MachineTest, RefusesMissingMemoEntries) {
  ExpectRefused({
      {"BINGET", "h\7.", Code::kDataLoss, {"BINGET", "7"}},
      {"LONG_BINGET", absl::StrCat("j", Number(0xfffffffe, 4), "."), Code::kDataLoss, {"4294967294"}},
      {"GET", "g7\n.", Code::kDataLoss, {"GET", "7"}},
      {"GET of a negative index", "Nq\1g-1\n.", Code::kDataLoss, {"-1"}},
      {"PUT of a negative index", "Np-1\n.", Code::kDataLoss, {"-1"}},
      {"PUT of an index beyond 2^64", "Np99999999999999999999\n.", Code::kDataLoss, {"99999999999999999999"}},
  });
}

// Limits: each of these would take minutes, gigabytes or the native stack without them.

TEST(MachineTest, ManyMarks) {
  ExpectRefused({{"marks", std::string(500000, '('), Code::kDataLoss, {"STOP"}}});
}

TEST(MachineTest, DeepNestingIsRefusedAndFreed) {
  ExpectRefused({
      {"lists", absl::StrCat(std::string(150000, ']'), std::string(149999, 'a'), "."), Code::kResourceExhausted, {"nested"}},
      {"tuples", absl::StrCat(")", Repeat("\x85", 300000), "."), Code::kResourceExhausted, {"nested"}},
      {"dicts", absl::StrCat(Repeat("}K\1", 100000), "N", std::string(100000, 's'), "."), Code::kResourceExhausted, {"nested"}},
  });
  ExpectValues({{absl::StrCat("]", Repeat("\x85", 1000), "0N"), "None"}});
}

TEST(MachineTest, ExponentiallyManyPathsTakeLinearMemory) {
  EXPECT_TRUE(RunProgram(absl::StrCat("N", Repeat("2\x86", 48), ".")).ok());
  std::string bomb = "]q\1";
  for (int i = 0; i < 60; ++i) absl::StrAppend(&bomb, "](h\1h\1eq\1");
  EXPECT_TRUE(RunProgram(absl::StrCat(bomb, ".")).ok());
}

TEST(MachineTest, MemoryIsLimited) {
  std::string many_pairs = "](";
  for (int i = 0; i < 2000; ++i) absl::StrAppend(&many_pairs, Int(i), "N\x86");
  absl::StrAppend(&many_pairs, "eq\1");
  MachineOptions options = TorchZip();
  options.limits.pickle_memory = 64 << 20;
  ExpectRefused({
      {"empty lists", std::string(3000000, ']'), Code::kResourceExhausted, {"memory"}},
      {"the same value again and again", absl::StrCat("N", std::string(3000000, '2')), Code::kResourceExhausted, {"memory"}, options},
      {"memo entries", absl::StrCat("N", std::string(3000000, '\x94')), Code::kResourceExhausted, {"memory"}, options},
      {"copies of one list of pairs",
       absl::StrCat(many_pairs, Repeat(absl::StrCat(GlobalOf("collections", "OrderedDict"), "h\1\x85R0"), 2000), "."),
       Code::kResourceExhausted,
       {"memory"}},
  });
}

TEST(MachineTest, OpaqueObjectsArePassedOver) {
  MachineOptions options = TorchZip();
  options.limits.opaque_objects = true;
  // {"args": Namespace() with a state, "list": a class of lists with an item, "dict": a class of dicts with an item, "w": 7}.
  const std::string program =
      absl::StrCat("}(", Unicode("args"), GlobalOf("argparse", "Namespace"), ")\x81}", Unicode("lr"), "K\1sb", Unicode("list"),
                   GlobalOf("m", "List"), ")RK\2a(K\3e", Unicode("dict"), GlobalOf("m", "Dict"), ")R(K\1K\2u", Unicode("w"), "K\7u.");
  const absl::StatusOr<Document> document = RunProgram(program, options);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->root->As<Dict>()->Find("w")->As<int64_t>()[0], 7);
  EXPECT_NE(document->root->As<Dict>()->Find("args")->As<Inert>(), nullptr);
  const std::vector<std::string> remarks = OpaqueRemarks(*document);
  ASSERT_EQ(remarks.size(), 3);
  EXPECT_TRUE(absl::StartsWith(remarks[0], "objects of argparse Namespace are passed over")) << remarks[0];
  EXPECT_EQ(RunProgram(program, TorchZip()).status().code(), Code::kPermissionDenied);
}

TEST(MachineTest, GlobalsAreListedUpToWhereThePickleIsFollowed) {
  const std::string program = absl::StrCat(GlobalOf("torch", "Size"), "0", GlobalOf("os", "system"), Unicode("ls"), "\x85R0",
                                           GlobalOf("torch", "Size"), "0", GlobalOf("sys", "exit"), "o.");
  const ByteSourcePtr source = MakeMemorySource("test", program);
  const GlobalsReport report = ListGlobals(*source, 0, source->size(), TorchZip());
  EXPECT_EQ(report.status.code(), Code::kUnimplemented) << report.status;
  ASSERT_EQ(report.globals.size(), 3);
  EXPECT_EQ(report.globals[0].name, "Size");
  EXPECT_TRUE(report.globals[0].allowed);
  EXPECT_EQ(report.globals[0].count, 2);
  EXPECT_EQ(report.globals[1].module, "os");
  EXPECT_FALSE(report.globals[1].allowed);
  EXPECT_EQ(report.globals[1].offset, program.find("cos"));
  EXPECT_EQ(report.globals[2].name, "exit");
  EXPECT_EQ(report.end, static_cast<int64_t>(program.size()) - 1);
}

TEST(MachineTest, ProgramsAreLimitedAndPayloadsDoNotCount) {
  MachineOptions options = TorchZip();
  options.limits.pickle_bytes = 100;
  EXPECT_EQ(RunAndShow(absl::StrCat(Binary(std::string(1000, 'x')), "."), options), "bytes of 1000");
  ExpectRefused({
      {"opcodes", absl::StrCat(Repeat("N0", 100), "N."), Code::kResourceExhausted, {"limit of 100"}, options},
      {"a text", absl::StrCat(Unicode(std::string(200, 'x')), "."), Code::kResourceExhausted, {"limit of 100"}, options},
      {"a line", absl::StrCat("V", std::string(200, 'x'), "\n."), Code::kResourceExhausted, {"limit of 100"}, options},
      {"a line without end", absl::StrCat("V", std::string(50, 'x')), Code::kDataLoss, {"no end"}, options},
      {"an integer", absl::StrCat(Sized("\x8b", 4, std::string(200, 'x')), "."), Code::kResourceExhausted, {"integer"}, options},
  });
}

// A pickle of bytes and a long text whose contents are a GiB each, of which nobody may read more than a little.
class SparseSource : public ByteSource {
 public:
  SparseSource() : ByteSource("sparse", 2 * (9 + kPayload) + 2) {}

  static constexpr int64_t kPayload = int64_t{1} << 30;
  mutable int64_t bytes_read = 0;

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    const std::string size = Number(kPayload, 8);
    const std::vector<std::pair<int64_t, std::string>> parts = {
        {0, absl::StrCat("\x8e", size)}, {9 + kPayload, absl::StrCat("\x8d", size)}, {2 * (9 + kPayload), "\x86."}};
    for (size_t i = 0; i < buffer.size(); ++i) {
      buffer[i] = '\0';
      for (const auto& [begin, bytes] : parts) {
        const int64_t index = offset + static_cast<int64_t>(i) - begin;
        if (index >= 0 && index < static_cast<int64_t>(bytes.size())) buffer[i] = bytes[index];
      }
    }
    bytes_read += static_cast<int64_t>(buffer.size());
    return absl::OkStatus();
  }
};

TEST(MachineTest, PayloadsAreNotRead) {
  const SparseSource source;
  const absl::StatusOr<Document> document = RunPickle(source, 0, source.size(), TorchZip());
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(Show(*document->root, ""), "(bytes of 1073741824, text of 1073741824)");
  EXPECT_LT(source.bytes_read, 1 << 20);
}

}  // namespace
}  // namespace weighbridge::pickle
