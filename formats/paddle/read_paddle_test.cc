#include "formats/paddle/read_paddle.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/paddle/paddle_test_util.h"
#include "formats/read_limits.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using paddle::ReadElements;

// Pickles put together from parts. Every function gives the opcodes that make one value.
std::string LittleEndian(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

std::string Int(int64_t value) {
  return absl::StrCat("\x8a\x08", LittleEndian(value, 8));
}
std::string Bool(bool value) {
  return value ? "\x88" : "\x89";
}
std::string Text(absl::string_view text) {
  return absl::StrCat("X", LittleEndian(text.size(), 4), text);
}
std::string Bytes(absl::string_view bytes) {
  return absl::StrCat("B", LittleEndian(bytes.size(), 4), bytes);
}
std::string Tuple(const std::vector<std::string>& items) {
  return absl::StrCat("(", absl::StrJoin(items, ""), "t");
}
std::string List(const std::vector<std::string>& items) {
  return absl::StrCat("](", absl::StrJoin(items, ""), "e");
}
std::string Global(absl::string_view module, absl::string_view name) {
  return absl::StrCat("c", module, "\n", name, "\n");
}
std::string Call(absl::string_view global, const std::vector<std::string>& arguments) {
  return absl::StrCat(global, Tuple(arguments), "R");
}

using Items = std::vector<std::pair<std::string, std::string>>;
std::string Dict(const Items& items) {
  std::string dict = "}(";
  for (const auto& [key, value] : items) absl::StrAppend(&dict, Text(key), value);
  return dict + "u";
}

std::string Latin1(absl::string_view utf8) {
  return Call(Global("_codecs", "encode"), {Text(utf8), Text("latin1")});
}

// A pair by TUPLE2.
std::string PlainPair(absl::string_view name, absl::string_view array) {
  return absl::StrCat(name, array, "\x86");
}

// A numpy array; every member is the opcodes of a value.
struct ArrayParts {
  std::string reconstruct = Global("numpy.core.multiarray", "_reconstruct");
  std::string type = Global("numpy", "ndarray");
  std::string version = Int(1);
  std::string shape = Tuple({Int(2)});
  std::string dtype_text = Text("f4");
  std::string order = Text("<");
  std::string fortran = Bool(false);
  std::string data = Bytes("AAAABBBB");
};

std::string Array(const ArrayParts& parts) {
  const std::string dtype = absl::StrCat(Call(Global("numpy", "dtype"), {parts.dtype_text, Bool(false), Bool(true)}),
                                         Tuple({Int(3), parts.order, "N", "N", "N", Int(-1), Int(-1), Int(0)}), "b");
  return absl::StrCat(Call(parts.reconstruct, {parts.type, Tuple({Int(0)}), Bytes("b")}),
                      Tuple({parts.version, parts.shape, dtype, parts.fortran, parts.data}), "b");
}

std::string Uint16(absl::string_view data) {
  return Array({.shape = Tuple({Int(data.size() / 2)}), .dtype_text = Text("u2"), .data = Bytes(data)});
}

std::string Named(absl::string_view name, absl::string_view array) {
  return Call(Global("builtins", "tuple"), {Tuple({Text(name), std::string(array)})});
}

std::string Static(absl::string_view text, absl::string_view key, absl::string_view array) {
  return Call(Global("builtins", "eval"), {Text(text), Dict({{std::string(key), std::string(array)}})});
}

absl::StatusOr<Checkpoint> Read(absl::string_view value, absl::string_view tail = "") {
  return ReadPaddle(MakeMemorySource("x.pdparams", absl::StrCat("\x80\x04", value, ".", tail)), ReadLimits());
}

// One line for each tensor: name, tensor name, spec and bytes.
std::string Table(const absl::StatusOr<Checkpoint>& checkpoint) {
  if (!checkpoint.ok()) return checkpoint.status().ToString();
  std::string table;
  for (const CheckpointTensor& tensor : checkpoint->tensors()) {
    absl::StrAppend(&table, tensor.name, "|", tensor.tensor_name, "|", ToString(tensor.tensor.spec()), "|", ReadElements(tensor.tensor),
                    "\n");
  }
  return table;
}

TEST(ReadPaddleTest, ReadsAStateDictWithItsNameTable) {
  const absl::StatusOr<Checkpoint> checkpoint =
      Read(Dict({{"w", Array({})},
                 {"b", Uint16("cdef")},
                 {"StructuredToParameterName@@", Dict({{"w", Text("linear_0.w_0")}, {"b", Text("linear_0.b_0")}})}}));
  EXPECT_EQ(Table(checkpoint), "w|linear_0.w_0|float32 [2]|AAAABBBB\nb|linear_0.b_0|bfloat16 [2]|cdef\n");
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->format, "pdparams");
  EXPECT_EQ(checkpoint->path, "x.pdparams");
  EXPECT_TRUE(checkpoint->remarks.empty());
  EXPECT_TRUE(checkpoint->files.empty());
}

TEST(ReadPaddleTest, ArraysThatTheTableDoesNotListStayArrays) {
  const absl::StatusOr<Checkpoint> checkpoint = Read(Dict({{"w", Array({})},
                                                           {"v", Uint16("cdef")},
                                                           {"n", Dict({{"m", Array({})}})},
                                                           {"StructuredToParameterName@@", Dict({{"w", Text("a")}})}}));
  EXPECT_EQ(Table(checkpoint), "w|a|float32 [2]|AAAABBBB\nv||uint16 [2]|cdef\nn.m||float32 [2]|AAAABBBB\n");
  ASSERT_TRUE(checkpoint.ok());
  ASSERT_EQ(checkpoint->remarks.size(), 1u);
  EXPECT_EQ(checkpoint->remarks[0], "the name table does not list 2 arrays, which Paddle leaves bare arrays: \"v\" is the first");
}

TEST(ReadPaddleTest, Uint16IsBfloat16WherePaddleMakesATensorOfIt) {
  EXPECT_EQ(Table(Read(Dict({{"a", Uint16("cd")}, {"b", List({Uint16("ef")})}}))), "a||bfloat16 [1]|cd\nb.0||bfloat16 [1]|ef\n");
  EXPECT_EQ(Table(Read(Dict({{"a", Uint16("cd")}, {"b", List({Named("n", Uint16("ef"))})}}))), "a||uint16 [1]|cd\nb.0|n|bfloat16 [1]|ef\n");
  EXPECT_EQ(Table(Read(List({Static("data", "data", Uint16("cd"))}))), "0||bfloat16 [1]|cd\n");
}

// To paddle.load a tuple of a text and an array is a tensor, however it was made, and where there is one arrays stay arrays.
TEST(ReadPaddleTest, PairsOfATextAndAnArrayAreTensors) {
  EXPECT_EQ(Table(Read(Dict({{"w", PlainPair(Text("n"), Array({}))}}))), "w|n|float32 [2]|AAAABBBB\n");
  EXPECT_EQ(Table(Read(PlainPair(Text("n"), Array({})))), "|n|float32 [2]|AAAABBBB\n");
  EXPECT_EQ(Table(Read(Dict({{"w", PlainPair(Text("n"), Uint16("cd"))}, {"v", Uint16("ef")}}))), "w|n|bfloat16 [1]|cd\nv||uint16 [1]|ef\n");
  EXPECT_EQ(Table(Read(List({PlainPair(Text("n"), Static("data", "data", Array({})))}))), "0|n|float32 [2]|AAAABBBB\n");
  // Two arrays are a tuple of two, and so is a text with two arrays.
  EXPECT_EQ(Table(Read(Dict({{"t", PlainPair(Uint16("cd"), Uint16("ef"))}}))), "t.0||bfloat16 [1]|cd\nt.1||bfloat16 [1]|ef\n");
  EXPECT_EQ(Table(Read(Tuple({Text("n"), Uint16("cd"), Uint16("ef")}))), "1||bfloat16 [1]|cd\n2||bfloat16 [1]|ef\n");
}

// With a name table paddle.load makes tensors of what it lists, and of nothing else.
TEST(ReadPaddleTest, PairsBesideANameTableAreTuples) {
  EXPECT_EQ(Table(Read(Dict(
                {{"w", Array({})}, {"v", PlainPair(Text("n"), Uint16("cd"))}, {"StructuredToParameterName@@", Dict({{"w", Text("a")}})}}))),
            "w|a|float32 [2]|AAAABBBB\nv.1||uint16 [1]|cd\n");
}

TEST(ReadPaddleTest, TensorsInPlacesWithoutAPathAreNamed) {
  const absl::StatusOr<Checkpoint> checkpoint =
      Read(absl::StrCat(Call(Global("collections", "OrderedDict"), {}), Dict({{"scale", Array({})}}), "b"));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_TRUE(checkpoint->tensors().empty());
  ASSERT_EQ(checkpoint->unlisted.size(), 1u);
  EXPECT_TRUE(absl::StrContains(checkpoint->unlisted[0], "\"scale\"")) << checkpoint->unlisted[0];
}

// One long text that names many tensors, in pairs and in the name table.
TEST(ReadPaddleTest, WorkAndMemoryGrowWithTheProgram) {
  const std::string name = absl::StrCat(Text(std::string(60'000, 'n')), "q\x01");
  const auto pairs = [&](int uses) {
    std::string list = absl::StrCat("](", PlainPair(name, absl::StrCat(Array({}), "q\x02")));
    for (int i = 0; i < uses; ++i) absl::StrAppend(&list, "h\x01h\x02\x86");
    return Read(list + "e");
  };
  const auto table = [&](int uses) {
    std::string dict = absl::StrCat(name, "0", Array({}), "q\x02", "0}(");
    std::string names = "}(";
    for (int i = 0; i < uses; ++i) {
      absl::StrAppend(&dict, Text(absl::StrCat(i)), "h\x02");
      absl::StrAppend(&names, Text(absl::StrCat(i)), "h\x01");
    }
    return Read(absl::StrCat(dict, Text("StructuredToParameterName@@"), names, "uu"));
  };
  EXPECT_EQ(pairs(10'000).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(table(10'000).status().code(), absl::StatusCode::kResourceExhausted);
  const absl::StatusOr<Checkpoint> once = pairs(40);
  const absl::StatusOr<Checkpoint> twice = pairs(80);
  ASSERT_TRUE(once.ok() && twice.ok()) << once.status() << twice.status();
  EXPECT_LE(twice->work, 2 * once->work);
  EXPECT_TRUE(table(40).ok()) << table(40).status();
}

TEST(ReadPaddleTest, ReadsAnyNest) {
  EXPECT_EQ(Table(Read(Array({}))), "||float32 [2]|AAAABBBB\n");
  EXPECT_EQ(Table(Read(Named("n", Array({})))), "|n|float32 [2]|AAAABBBB\n");
  EXPECT_EQ(Table(Read(Dict({{"epoch", Int(3)}, {"a", Tuple({"N", Dict({{"b", Array({})}})})}}))), "a.1.b||float32 [2]|AAAABBBB\n");
  EXPECT_EQ(Table(Read(Dict({}))), "");
  EXPECT_EQ(Read(Int(1)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Read(List({Int(1)})).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ReadPaddleTest, ReadsArraysInEveryEncoding) {
  const std::string shape = Tuple({Int(2), Int(2)});
  const auto elements = [](const ArrayParts& parts) { return Table(Read(Array(parts))); };
  EXPECT_EQ(elements({.shape = shape, .dtype_text = Text("i1"), .order = Text("|"), .fortran = Bool(true), .data = Bytes("abcd")}),
            "||int8 [2, 2]|acbd\n");
  EXPECT_EQ(elements({.dtype_text = Text("i2"), .order = Text(">"), .data = Bytes("abcd")}), "||int16 [2]|badc\n");
  EXPECT_EQ(elements({.shape = Tuple({Int(1)}), .dtype_text = Text("c8"), .order = Text(">"), .data = Bytes("abcdefgh")}),
            "||complex64 [1]|dcbahgfe\n");
  EXPECT_EQ(elements({.shape = shape, .dtype_text = Text("i2"), .order = Text(">"), .fortran = Bool(true), .data = Bytes("aAbBcCdD")}),
            "||int16 [2, 2]|AaCcBbDd\n");
  EXPECT_EQ(elements({.data = Latin1("AAA\xc3\xbf\xc2\x80"
                                     "BBB")}),
            "||float32 [2]|AAA\xff\x80"
            "BBB\n");
  EXPECT_EQ(elements({.shape = Tuple({Int(0)}), .data = Call(Global("__builtin__", "bytes"), {})}), "||float32 [0]|\n");
  EXPECT_EQ(elements({.shape = Tuple({}), .data = Bytes("AAAA")}), "||float32 []|AAAA\n");
}

TEST(ReadPaddleTest, ReadsTheBufferFormOfProtocol5) {
  const std::string dtype = absl::StrCat(Call(Global("numpy", "dtype"), {Text("i1"), Bool(false), Bool(true)}),
                                         Tuple({Int(3), Text("|"), "N", "N", "N", Int(-1), Int(-1), Int(0)}), "b");
  for (const absl::string_view module : {"numpy.core.numeric", "numpy._core.numeric"}) {
    const std::string array =
        Call(Global(module, "_frombuffer"), {absl::StrCat("\x96", LittleEndian(4, 8), "abcd"), dtype, Tuple({Int(2), Int(2)}), Text("F")});
    EXPECT_EQ(Table(Read(Dict({{"w", array}}))), "w||int8 [2, 2]|acbd\n");
  }
}

// What pickletools.optimize leaves of CPython's own pickles, protocol 1 and 0, of {"w": an array of int64}.
TEST(ReadPaddleTest, ReadsProtocol1) {
  const std::string state = absl::StrCat("(K\x01(K\x01tcnumpy\ndtype\n(X", LittleEndian(2, 4), "i8I00\nI01\ntR(K\x03X", LittleEndian(1, 4),
                                         "<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK", LittleEndian(0, 1), "tbI00\n");
  const std::string latin1 = absl::StrCat("X", LittleEndian(6, 4), "latin1");
  const std::string pickle =
      absl::StrCat("}X", LittleEndian(1, 4), "wcnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K", LittleEndian(0, 1),
                   "tc_codecs\nencode\nq", LittleEndian(0, 1), "(X", LittleEndian(1, 4), "b", latin1, "q\x01tRtR", state, "h",
                   LittleEndian(0, 1), "(X", LittleEndian(9, 4), "AB\xc3\xa9\\\nFGHh\x01tRtbs.");
  EXPECT_EQ(Table(ReadPaddle(MakeMemorySource("x.pdparams", pickle), ReadLimits())), "w||int64 [1]|AB\xe9\\\nFGH\n");
}

TEST(ReadPaddleTest, SaysThatArraysOfProtocol0AreNotRead) {
  const absl::Status status =
      ReadPaddle(
          MakeMemorySource("x.pdparams",
                           "(dVw\ncnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntc_codecs\nencode\np0\n(Vb\nVlatin1\np1\n"
                           "tRtR(I1\n(I1\ntcnumpy\ndtype\n(Vi8\nI00\nI01\ntR(I3\nV<\nNNNI-1\nI-1\nI0\ntbI00\ng0\n"
                           "(VAB\xe9\\u005c\\u000aFGH\ng1\ntRtbs."),
          ReadLimits())
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "protocol 0")) << status;
}

// Bytes of Python 2, which stand for names.
TEST(ReadPaddleTest, ReadsByteStringsAsLatin1) {
  const std::string dict = absl::StrCat("}", "U\x02", "w\xe9", Array({}), "s");
  EXPECT_EQ(Table(Read(dict)), "w\xc3\xa9||float32 [2]|AAAABBBB\n");
}

std::string Info(absl::string_view shape, absl::string_view slices) {
  return Dict({{"w", Dict({{"OriginShape", std::string(shape)}, {"slices", std::string(slices)}})}});
}

Items Sliced(const std::string& info) {
  return {{"w@@.0", Array({.data = Bytes("AAAABBBB")})},
          {"b", Array({})},
          {"w@@.1", Array({.data = Bytes("CCCCDDDD")})},
          {"UnpackBigParamInfor@@", info}};
}

const char kTwoSlices[] = "w|linear_0.w_0|float32 [2, 2]|AAAABBBBCCCCDDDD\n";

TEST(ReadPaddleTest, JoinsSlicesAndMovesTheirParameterToTheEnd) {
  const std::string info = Info(Tuple({Int(2), Int(2)}), List({Text("w@@.0"), Text("w@@.1")}));
  EXPECT_EQ(Table(Read(Dict(Sliced(info)))), "b||float32 [2]|AAAABBBB\nw||float32 [2, 2]|AAAABBBBCCCCDDDD\n");
  Items with_table = Sliced(info);
  with_table.insert(with_table.begin(), {"StructuredToParameterName@@", Dict({{"w", Text("linear_0.w_0")}, {"b", Text("linear_0.b_0")}})});
  EXPECT_EQ(Table(Read(Dict(with_table))), absl::StrCat("b|linear_0.b_0|float32 [2]|AAAABBBB\n", kTwoSlices));
}

TEST(ReadPaddleTest, JoinsSlicesOfBfloat16AndOfTextPayloads) {
  const std::string info = Info(Tuple({Int(2), Int(2)}), List({Text("y"), Text("x")}));
  EXPECT_EQ(Table(Read(Dict({{"x", Array({.dtype_text = Text("u2"), .data = Latin1("\xc3\xbf\x62\x63\xc2\x80")})},
                             {"y", Array({.dtype_text = Text("u2"), .order = Text(">"), .data = Bytes("abcd")})},
                             {"UnpackBigParamInfor@@", info}}))),
            "w||bfloat16 [2, 2]|badc\xff"
            "bc\x80\n");
}

TEST(ReadPaddleTest, TellsOfBytesAfterThePickle) {
  const absl::StatusOr<Checkpoint> checkpoint = Read(Dict({{"w", Array({})}}), "cos\nsystem\n");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_EQ(checkpoint->remarks.size(), 1u);
  EXPECT_EQ(checkpoint->remarks[0], "11 bytes after the pickle's end");
}

// Many arrays share one payload that is spelled as text; it must not be decoded for each.
TEST(ReadPaddleTest, DecodesASharedTextOnce) {
  constexpr int kArrays = 3000;
  const std::string payload(1 << 20, 'A');
  const std::string first = Array({.shape = Tuple({Int(1 << 18)}), .data = absl::StrCat(Latin1(payload), "r", LittleEndian(7, 4))});
  const std::string again = Array({.shape = Tuple({Int(1 << 18)}), .data = absl::StrCat("j", LittleEndian(7, 4))});
  std::string list = absl::StrCat("](", first);
  for (int i = 1; i < kArrays; ++i) absl::StrAppend(&list, again);
  const absl::StatusOr<Checkpoint> checkpoint = Read(list + "e");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_EQ(checkpoint->tensors().size(), static_cast<size_t>(kArrays));
  EXPECT_EQ(checkpoint->tensors()[0].tensor.source(), checkpoint->tensors()[kArrays - 1].tensor.source());
}

struct BadCase {
  std::string field;
  std::string value;  // Opcodes of the whole object.
  absl::StatusCode code;
  std::vector<std::string> mention;
};

void ExpectRefused(const std::vector<BadCase>& cases) {
  for (const BadCase& bad : cases) {
    const absl::Status status = Read(bad.value).status();
    EXPECT_EQ(status.code(), bad.code) << bad.field << ": " << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), "reading x.pdparams: ")) << bad.field << ": " << status;
    for (const std::string& word : bad.mention) {
      EXPECT_TRUE(absl::StrContains(status.message(), word)) << bad.field << ": " << status << " does not mention " << word;
    }
  }
}

constexpr absl::StatusCode kCorrupt = absl::StatusCode::kDataLoss;
constexpr absl::StatusCode kUnsupported = absl::StatusCode::kUnimplemented;
constexpr absl::StatusCode kRefused = absl::StatusCode::kPermissionDenied;

TEST(ReadPaddleTest, RefusesBadNameTables) {
  const auto with_table = [](const std::string& table) { return Dict({{"w", Array({})}, {"StructuredToParameterName@@", table}}); };
  const std::string integer_key = absl::StrCat("}", Int(1), Text("a"), "s");
  ExpectRefused({
      {"a list", with_table(List({})), kCorrupt, {"StructuredToParameterName@@", "a list"}},
      {"a name without data", with_table(Dict({{"x", Text("a")}})), kCorrupt, {"StructuredToParameterName@@", "\"x\""}},
      {"a name that is a number", with_table(integer_key), kCorrupt, {"StructuredToParameterName@@", "1"}},
      {"a tensor name that is a number", with_table(Dict({{"w", Int(1)}})), kCorrupt, {"\"w\""}},
      {"itself", with_table(Dict({{"StructuredToParameterName@@", Text("a")}})), kCorrupt, {"not an array"}},
      {"a name that is a dict",
       Dict({{"w", Dict({})}, {"StructuredToParameterName@@", Dict({{"w", Text("a")}})}}),
       kCorrupt,
       {"\"w\"", "not an array"}},
  });
}

TEST(ReadPaddleTest, RefusesBadSlices) {
  const std::string shape = Tuple({Int(2), Int(2)});
  const std::string slices = List({Text("w@@.0"), Text("w@@.1")});
  const auto with = [](const std::string& info) { return Dict(Sliced(info)); };
  Items taken = Sliced(Info(shape, slices));
  taken.insert(taken.begin(), {"w", Array({})});
  Items listed_slice = Sliced(Info(shape, slices));
  listed_slice.push_back({"StructuredToParameterName@@", Dict({{"w@@.0", Text("a")}})});
  Items second_use = Sliced(Dict({{"w", Dict({{"OriginShape", shape}, {"slices", slices}})},
                                  {"v", Dict({{"OriginShape", Tuple({Int(2)})}, {"slices", List({Text("w@@.1")})}})}}));
  Items other_dtype = Sliced(Info(shape, slices));
  other_dtype[2].second = Array({.dtype_text = Text("i4")});
  Items rank_two = Sliced(Info(shape, slices));
  rank_two[0].second = Array({.shape = Tuple({Int(1), Int(2)})});
  Items not_array = Sliced(Info(shape, slices));
  not_array[0].second = Int(3);
  ExpectRefused({
      {"info: a list", with(List({})), kCorrupt, {"UnpackBigParamInfor@@", "a list"}},
      {"info: the name is taken", Dict(taken), kCorrupt, {"\"w\""}},
      {"info: a parameter that is a list", with(Dict({{"w", List({})}})), kCorrupt, {"\"w\""}},
      {"OriginShape: missing", with(Dict({{"w", Dict({{"slices", slices}})}})), kCorrupt, {"\"w\"", "OriginShape"}},
      {"OriginShape: a list", with(Info(List({Int(4)}), slices)), kCorrupt, {"\"w\"", "OriginShape"}},
      {"OriginShape: of texts", with(Info(Tuple({Text("4")}), slices)), kCorrupt, {"\"w\"", "OriginShape"}},
      {"OriginShape: too many elements", with(Info(Tuple({Int(5)}), slices)), kCorrupt, {"\"w\"", "[5]"}},
      {"OriginShape: too few elements", with(Info(Tuple({Int(3)}), slices)), kCorrupt, {"\"w\"", "[3]"}},
      {"OriginShape: -1", with(Info(Tuple({Int(-1)}), slices)), kCorrupt, {"\"w\"", "negative"}},
      {"OriginShape: product of 2^64", with(Info(Tuple({Int(int64_t{1} << 32), Int(int64_t{1} << 32)}), slices)), kCorrupt, {"\"w\""}},
      {"OriginShape: of 65 extents", with(Info(Tuple(std::vector<std::string>(65, Int(1))), slices)), kCorrupt, {"\"w\"", "OriginShape"}},
      {"info: a third member",
       with(Dict({{"w", Dict({{"OriginShape", shape}, {"slices", slices}, {"x", Array({})}})}})),
       kCorrupt,
       {"\"w\"", "a dict of 3"}},
      {"slices: missing", with(Dict({{"w", Dict({{"OriginShape", shape}})}})), kCorrupt, {"\"w\"", "slices"}},
      {"slices: a text", with(Info(shape, Text("w@@.0"))), kCorrupt, {"\"w\"", "slices"}},
      {"slices: empty", with(Info(Tuple({Int(0)}), List({}))), kCorrupt, {"\"w\"", "no slices"}},
      {"slices: a number", with(Info(shape, List({Int(0)}))), kCorrupt, {"\"w\"", "0"}},
      {"slices: one missing", with(Info(shape, List({Text("w@@.0"), Text("w@@.2")}))), kCorrupt, {"\"w@@.2\"", "missing"}},
      {"slices: one twice", with(Info(shape, List({Text("w@@.0"), Text("w@@.0")}))), kCorrupt, {"\"w@@.0\"", "twice"}},
      {"slices: one in two parameters", Dict(second_use), kCorrupt, {"\"v\"", "\"w@@.1\"", "twice"}},
      {"slices: the info itself", with(Info(shape, List({Text("UnpackBigParamInfor@@")}))), kCorrupt, {"not an array"}},
      {"slice: of another dtype", Dict(other_dtype), kCorrupt, {"\"w@@.1\"", "int32", "float32"}},
      {"slice: of rank two", Dict(rank_two), kCorrupt, {"\"w@@.0\"", "one-dimensional"}},
      {"slice: a number", Dict(not_array), kCorrupt, {"\"w@@.0\"", "not an array"}},
      {"slice: in the name table", Dict(listed_slice), kCorrupt, {"\"w@@.0\"", "no data"}},
  });
}

TEST(ReadPaddleTest, RefusesNamesThatAreNoTexts) {
  for (const auto& [what, name] : Items{{"3", Int(3)}, {"True", Bool(true)}, {"None", "N"}, {"2 bytes", Bytes("ab")}}) {
    const auto pair = [](const std::string& made) { return Dict({{"w", made}}); };
    const std::string plain = PlainPair(name, Array({}));
    ExpectRefused({
        {"by TUPLE2", pair(plain), kCorrupt, {"\"w\"", what, "name"}},
        {"by a call", pair(Call(Global("builtins", "tuple"), {plain})), kCorrupt, {"\"w\"", what, "name"}},
    });
  }
}

TEST(ReadPaddleTest, RefusesBadArrays) {
  const auto with = [](const ArrayParts& parts) { return Dict({{"w", Array(parts)}}); };
  ExpectRefused({
      {"function: another", with({.reconstruct = Global("numpy.core.multiarray", "fromfile")}), kRefused, {"fromfile"}},
      {"type: memmap", with({.type = Global("numpy", "memmap")}), kRefused, {"memmap"}},
      {"version: 2", with({.version = Int(2)}), kUnsupported, {"2"}},
      {"shape: negative", with({.shape = Tuple({Int(-2)})}), kCorrupt, {}},
      {"shape: product wraps to its size", with({.shape = Tuple({Int(int64_t{1} << 62), Int(8)})}), kCorrupt, {}},
      {"shape: one too many", with({.shape = Tuple({Int(3)})}), kCorrupt, {"\"w\"", "12"}},
      {"shape: one too few", with({.shape = Tuple({Int(1)})}), kCorrupt, {"\"w\"", "4"}},
      {"shape: a text", with({.shape = Text("2")}), kCorrupt, {}},
      {"dtype: f5", with({.dtype_text = Text("f5")}), kCorrupt, {"f5"}},
      {"dtype: O8", with({.dtype_text = Text("O8"), .order = Text("|")}), kUnsupported, {"O8"}},
      {"dtype: M8", with({.dtype_text = Text("M8")}), kUnsupported, {"M8"}},
      {"data: a list", with({.data = List({})}), kCorrupt, {}},
      {"data: codec utf-8", with({.data = Call(Global("_codecs", "encode"), {Text("AAAABBBB"), Text("utf-8")})}), kRefused, {"utf-8"}},
      {"data: a character above U+00FF", with({.data = Latin1("AAAABBB\xc4\x80")}), kCorrupt, {"\"w\""}},
      {"data: a character above U+00FF in a long text",
       with({.shape = Tuple({Int(20000)}), .data = Latin1(std::string(79999, 'A') + "\xc4\x80")}),
       kCorrupt,
       {"\"w\"", "0xc4"}},
      {"data: text of one byte too few", with({.data = Latin1("AAAABB\xc3\xbf")}), kCorrupt, {"\"w\"", "7 bytes"}},
      {"eval: another text", Dict({{"w", Static("exit", "data", Array({}))}}), kRefused, {"eval"}},
      {"eval: another key", Dict({{"w", Static("data", "x", Array({}))}}), kRefused, {"eval"}},
      {"a persistent id", absl::StrCat(Text("0"), "Q"), kCorrupt, {}},
      {"two tensors of one name", Dict({{"a.b", Array({})}, {"a", Dict({{"b", Array({})}})}}), kCorrupt, {"a.b"}},
  });
}

}  // namespace
}  // namespace weighbridge
