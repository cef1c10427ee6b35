#include "formats/numpy/numpy_objects.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/machine_test_util.h"
#include "formats/pickle/pickle_assembler.h"
#include "gtest/gtest.h"

namespace weighbridge::pickle {
namespace {

using Code = absl::StatusCode;

std::string Shape23() {
  return TupleOf(absl::StrCat(Int(2), Int(3)));
}
std::string FromBuffer(absl::string_view arguments) {
  return CallOf(GlobalOf("numpy._core.numeric", "_frombuffer"), arguments);
}
std::string Latin1(absl::string_view utf8) {
  return CallOf(GlobalOf("_codecs", "encode"), absl::StrCat(Unicode(utf8), Unicode("latin1")));
}
std::string InW(absl::string_view program) {
  return absl::StrCat("}(", Unicode("w"), program, "u.");
}
std::string Shown(absl::string_view program, const MachineOptions& options = Paddle()) {
  return RunAndShow(absl::StrCat(program, "."), options);
}

TEST(NumpyObjectsTest, ArraysOfEveryEncoding) {
  const std::string six = Binary("abcdef");
  EXPECT_EQ(Shown(NumpyArray(Shape23(), NumpyDType("u1", "|"), six)), "array(u1 [2, 3] [3, 1] b\"abcdef\")");
  EXPECT_EQ(Shown(NumpyArray(Shape23(), NumpyDType("u1", "|"), six, kTrue)), "array(u1 [2, 3] [1, 2] b\"abcdef\")");
  EXPECT_EQ(Shown(NumpyArray(")", NumpyDType("f4"), Binary("abcd"))), "array(f4 [] [] b\"abcd\")");
  EXPECT_EQ(Shown(NumpyArray(TupleOf(Int(1)), NumpyDType("f4", ">"), Binary("abcd"))), "array(>f4 [1] [1] b\"abcd\")");
  EXPECT_EQ(Shown(NumpyArray(TupleOf(Int(0)), NumpyDType("f4"), absl::StrCat(GlobalOf("__builtin__", "bytes"), ")R"))),
            "array(f4 [0] [0] b\"\")");
  EXPECT_EQ(Shown(NumpyArray(TupleOf(Int(2)), NumpyDType("u1", "|"), Latin1("a\u00ff"))), "array(u1 [2] [1] latin1\"a\\xc3\\xbf\")");
  EXPECT_EQ(Shown(NumpyArray(TupleOf(Int(2)), NumpyDType("u1", "|"), Python2("a\xff"))), "array(u1 [2] [1] b\"a\\xff\")");
}

TEST(NumpyObjectsTest, ArraysFromBuffers) {
  const std::string start = absl::StrCat(Binary("abcdef"), NumpyDType("u1", "|"));
  EXPECT_EQ(Shown(FromBuffer(absl::StrCat(start, Shape23(), Unicode("C")))), "array(u1 [2, 3] [3, 1] b\"abcdef\")");
  EXPECT_EQ(Shown(FromBuffer(absl::StrCat(start, Shape23(), Unicode("F")))), "array(u1 [2, 3] [1, 2] b\"abcdef\")");
  EXPECT_EQ(Shown(FromBuffer(absl::StrCat(start, Shape23(), Unicode("C"), "N"))), "array(u1 [2, 3] [3, 1] b\"abcdef\")");
  // As numpy has it: a (1, 2, 3) array in C order, transposed by (2, 0, 1), has the shape (3, 1, 2).
  const std::string shape = TupleOf(absl::StrCat(Int(1), Int(2), Int(3)));
  const std::string order = TupleOf(absl::StrCat(Int(2), Int(0), Int(1)));
  EXPECT_EQ(Shown(FromBuffer(absl::StrCat(start, shape, Unicode("K"), order))), "array(u1 [3, 1, 2] [1, 6, 3] b\"abcdef\")");
}

TEST(NumpyObjectsTest, OneDTypeObjectServesManyArrays) {
  const std::string first = NumpyArray(TupleOf(Int(1)), absl::StrCat(NumpyDType("u1", "|"), "q\1"), Binary("a"));
  const std::string second = NumpyArray(TupleOf(Int(1)), "h\1", Binary("b"));
  EXPECT_EQ(Shown(absl::StrCat(first, second, "\x86")), "(array(u1 [1] [1] b\"a\"), array(u1 [1] [1] b\"b\"))");
}

TEST(NumpyObjectsTest, EmptyArraysOfHugeExtentsHaveNoStrides) {
  const std::string shape = TupleOf(absl::StrCat(Long(int64_t{1} << 62), Int(0), Long(int64_t{1} << 62)));
  EXPECT_EQ(Shown(NumpyArray(shape, NumpyDType("f4"), Binary(""))),
            "array(f4 [4611686018427387904, 0, 4611686018427387904] [0, 0, 0] b\"\")");
}

TEST(NumpyObjectsTest, ElementTypesThatAreNotReadAreKeptByName) {
  EXPECT_EQ(Shown(NumpyArray(TupleOf(Int(1)), NumpyDType("O8", "|"), "](Ne")), "array(O8 [1] [1] b\"\")");
  for (const absl::string_view text : {"V8", "S5", "U7", "M8", "m8", "f16", "c32"}) {
    EXPECT_EQ(Shown(NumpyDType(text)), absl::StrCat("dtype(", text, ")"));
  }
}

TEST(NumpyObjectsTest, PaddlesTensors) {
  const std::string array = NumpyArray(TupleOf(Int(1)), NumpyDType("u1", "|"), Binary("a"));
  const std::string named = CallOf(GlobalOf("builtins", "tuple"), TupleOf(absl::StrCat(Unicode("fc.w_0"), array)));
  EXPECT_EQ(Shown(named), "(\"fc.w_0\", array(u1 [1] [1] b\"a\"))");
  const std::string dict = absl::StrCat("}", Unicode("data"), array, "s");
  EXPECT_EQ(Shown(CallOf(GlobalOf("builtins", "eval"), absl::StrCat(Unicode("data"), dict))), "static(array(u1 [1] [1] b\"a\"))");
}

TEST(NumpyObjectsTest, RefusesBadArrays) {
  const std::string one = TupleOf(Int(1));
  const std::string f4 = NumpyDType("f4");
  const std::string four = Binary("abcd");
  const std::string w = "in \"w\"";
  const auto reconstruct = [](absl::string_view arguments) {
    return InW(CallOf(GlobalOf("numpy._core.multiarray", "_reconstruct"), arguments));
  };
  const auto state = [](absl::string_view state) { return InW(absl::StrCat(EmptyArray(), state, "b")); };
  const std::string huge = TupleOf(absl::StrCat(Long(int64_t{1} << 62), Int(4)));
  ExpectRefused({
      {"class of another kind",
       reconstruct(absl::StrCat(GlobalOf("torch", "Tensor"), TupleOf(Int(0)), Binary("b"))),
       Code::kPermissionDenied,
       {w, "torch Tensor"}},
      {"class is a text", reconstruct(absl::StrCat(Unicode("ndarray"), TupleOf(Int(0)), Binary("b"))), Code::kDataLoss, {w}},
      {"begins with another shape", reconstruct(absl::StrCat(GlobalOf("numpy", "ndarray"), one, Binary("b"))), Code::kDataLoss, {w}},
      {"begins with another type",
       reconstruct(absl::StrCat(GlobalOf("numpy", "ndarray"), TupleOf(Int(0)), Binary("xx"))),
       Code::kDataLoss,
       {w}},
      {"no BUILD", InW(EmptyArray()), Code::kDataLoss, {w, "BUILD"}},
      {"no BUILD at STOP", absl::StrCat(EmptyArray(), "."), Code::kDataLoss, {"STOP", "BUILD"}},
      {"no BUILD in a list", absl::StrCat("]", EmptyArray(), "a."), Code::kDataLoss, {"BUILD"}},
      {"no BUILD as a key", absl::StrCat("}", EmptyArray(), "Ns."), Code::kUnimplemented, {"key"}},
      {"two BUILDs",
       InW(absl::StrCat(NumpyArray(one, f4, four), ArrayState(Int(1), one, f4, kFalse, four), "b")),
       Code::kDataLoss,
       {w, "twice"}},
      {"state of four", state(TupleOf(absl::StrCat(one, f4, kFalse, four))), Code::kUnimplemented, {w, "4 members"}},
      {"state of no tuple", state("N"), Code::kDataLoss, {w, "state"}},
      {"version 2", state(ArrayState(Int(2), one, f4, kFalse, four)), Code::kUnimplemented, {w, "version 2"}},
      {"version is a text", state(ArrayState(Unicode("1"), one, f4, kFalse, four)), Code::kDataLoss, {w, "version"}},
      {"negative shape", state(ArrayState(Int(1), TupleOf(Int(-4)), f4, kFalse, four)), Code::kDataLoss, {w, "-4"}},
      {"shape whose product overflows", state(ArrayState(Int(1), huge, f4, kFalse, four)), Code::kDataLoss, {w, "2^63"}},
      {"shape is a number", state(ArrayState(Int(1), Int(1), f4, kFalse, four)), Code::kDataLoss, {w, "shape"}},
      {"dtype is a text", state(ArrayState(Int(1), one, Unicode("f4"), kFalse, four)), Code::kDataLoss, {w, "dtype"}},
      {"Fortran order is 2", state(ArrayState(Int(1), one, f4, Int(2), four)), Code::kDataLoss, {w, "Fortran"}},
      {"data too short", state(ArrayState(Int(1), TupleOf(Int(5)), f4, kFalse, four)), Code::kDataLoss, {w, "20 bytes", "holds 4"}},
      {"data too long", state(ArrayState(Int(1), TupleOf(Int(0)), f4, kFalse, four)), Code::kDataLoss, {w, "0 bytes"}},
      {"latin-1 too short", state(ArrayState(Int(1), one, f4, kFalse, Latin1("abc"))), Code::kDataLoss, {w}},
      {"latin-1 too long", state(ArrayState(Int(1), one, f4, kFalse, Latin1("abcdefghi"))), Code::kDataLoss, {w}},
      {"data is a list", state(ArrayState(Int(1), one, f4, kFalse, "]")), Code::kDataLoss, {w, "bytes"}},
      {"data is a text", state(ArrayState(Int(1), one, f4, kFalse, Unicode("abcd"))), Code::kDataLoss, {w, "bytes"}},
      {"data with escapes", state(ArrayState(Int(1), one, f4, kFalse, "S'abcd'\n")), Code::kUnimplemented, {w, "protocol 0"}},
  });
}

TEST(NumpyObjectsTest, RefusesBadDTypes) {
  const std::string w = "in \"w\"";
  const auto made = [](absl::string_view text, absl::string_view align, absl::string_view copy) {
    return InW(CallOf(GlobalOf("numpy", "dtype"), absl::StrCat(text, align, copy)));
  };
  const auto built = [&](absl::string_view state) {
    return InW(absl::StrCat(CallOf(GlobalOf("numpy", "dtype"), absl::StrCat(Unicode("f4"), kFalse, kTrue)), TupleOf(state), "b"));
  };
  const std::string rest = absl::StrCat("NNN", Int(-1), Int(-1), Int(0));
  ExpectRefused({
      {"no such text", made(Unicode("f5"), kFalse, kTrue), Code::kDataLoss, {w, "f5"}},
      {"an expression", made(Unicode("f4,(2**40)f4"), kFalse, kTrue), Code::kDataLoss, {w, "2**40"}},
      {"an order in the text", made(Unicode("<f4"), kFalse, kTrue), Code::kDataLoss, {w, "<f4"}},
      {"text is None", made("N", kFalse, kTrue), Code::kDataLoss, {w, "None"}},
      {"aligned", made(Unicode("f4"), kTrue, kTrue), Code::kDataLoss, {w, "align"}},
      {"not copied", made(Unicode("f4"), kFalse, Int(0)), Code::kDataLoss, {w, "copy"}},
      {"no BUILD", made(Unicode("f4"), kFalse, kTrue), Code::kDataLoss, {w, "BUILD"}},
      {"two BUILDs",
       InW(absl::StrCat(NumpyDType("f4"), TupleOf(absl::StrCat(Int(3), Unicode(">"), rest)), "b")),
       Code::kDataLoss,
       {w, "twice"}},
      {"version 4", built(absl::StrCat(Int(4), Unicode("<"), rest, "N")), Code::kUnimplemented, {w, "version 4"}},
      {"seven members", built(absl::StrCat(Int(3), Unicode("<"), "NNN", Int(-1), Int(-1))), Code::kDataLoss, {w}},
      {"order ?", built(absl::StrCat(Int(3), Unicode("?"), rest)), Code::kDataLoss, {w, "order"}},
      {"order | of four bytes", built(absl::StrCat(Int(3), Unicode("|"), rest)), Code::kDataLoss, {w, "order"}},
      {"a size of its own", built(absl::StrCat(Int(3), Unicode("<"), "NNN", Int(8), Int(-1), Int(0))), Code::kDataLoss, {w, "8"}},
      {"flags", built(absl::StrCat(Int(3), Unicode("<"), "NNN", Int(-1), Int(-1), Int(63))), Code::kDataLoss, {w, "63"}},
      {"a record of fields", built(absl::StrCat(Int(3), Unicode("<"), "N)}", Int(-1), Int(-1), Int(0))), Code::kDataLoss, {w, "parts"}},
  });
}

TEST(NumpyObjectsTest, RefusesBadBuffers) {
  const std::string start = absl::StrCat(Binary("abcdef"), NumpyDType("u1", "|"), Shape23());
  const auto axes = [](int first, int second) { return TupleOf(absl::StrCat(Int(first), Int(second))); };
  ExpectRefused({
      {"three arguments", FromBuffer(start), Code::kDataLoss, {"3 arguments"}},
      {"order A", FromBuffer(absl::StrCat(start, Unicode("A"))), Code::kDataLoss, {"order"}},
      {"order K without axes", FromBuffer(absl::StrCat(start, Unicode("K"))), Code::kDataLoss, {"order"}},
      {"order C with axes", FromBuffer(absl::StrCat(start, Unicode("C"), axes(0, 1))), Code::kDataLoss, {"order"}},
      {"an axis twice", FromBuffer(absl::StrCat(start, Unicode("K"), axes(1, 1))), Code::kDataLoss, {"[1, 1]"}},
      {"an axis beyond", FromBuffer(absl::StrCat(start, Unicode("K"), axes(0, 2))), Code::kDataLoss, {"[0, 2]"}},
      {"a negative axis", FromBuffer(absl::StrCat(start, Unicode("K"), axes(-1, 0))), Code::kDataLoss, {"[-1, 0]"}},
      {"too many axes",
       FromBuffer(absl::StrCat(start, Unicode("K"), TupleOf(absl::StrCat(Int(0), Int(1), Int(1))))),
       Code::kDataLoss,
       {"axes"}},
      {"another size",
       FromBuffer(absl::StrCat(Binary("abc"), NumpyDType("u1", "|"), Shape23(), Unicode("C"))),
       Code::kDataLoss,
       {"6 bytes"}},
  });
}

}  // namespace
}  // namespace weighbridge::pickle
