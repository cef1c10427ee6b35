// The closed table: what its globals make, and what is refused.

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

const char kMultiarray[] = "numpy._core.multiarray";

std::string Floats() {
  return StorageOf("FloatStorage", "0", 6);
}
std::string Pair(int first, int second) {
  return absl::StrCat(Int(first), Int(second), "\x86");
}
std::string Utils(absl::string_view function, absl::string_view arguments) {
  return CallOf(GlobalOf("torch._utils", function), arguments);
}
std::string Item(absl::string_view key, absl::string_view value) {
  return absl::StrCat("}", Unicode(key), value, "s");
}
std::string Tensor23(absl::string_view more = "") {
  return TensorV2(Floats(), Int(0), Pair(2, 3), Pair(3, 1), more);
}
const char kShown23[] = "tensor(float32 storage(float32 0 6) 0 [2, 3] [3, 1])";

TEST(ObjectsTest, ForbiddenGlobalsAreShownEscapedAndClassesGetAdvice) {
  ExpectRefused({
      {"GLOBAL", "cos\nsystem\n.", Code::kPermissionDenied, {"offset 0: GLOBAL: os system"}},
      {"STACK_GLOBAL", absl::StrCat(Unicode("os"), Unicode("system"), "\x93."), Code::kPermissionDenied, {"STACK_GLOBAL", "os system"}},
      {"dotted name",
       absl::StrCat(Unicode("collections"), Unicode("OrderedDict.fromkeys"), "\x93."),
       Code::kPermissionDenied,
       {"OrderedDict.fromkeys"}},
      {"newline", absl::StrCat(Unicode("o\ns"), Unicode("x"), "\x93."), Code::kPermissionDenied, {"o\\ns x"}},
      {"storage of another name", "ctorch\nevalStorage\n.", Code::kPermissionDenied, {"evalStorage"}},
      {"module of another case", "cTorch\nFloatStorage\n.", Code::kPermissionDenied, {}},
      {"class", "ctorch.nn.modules.linear\nLinear\n.", Code::kPermissionDenied, {"torch.nn.modules.linear Linear", "state_dict()"}},
      {"in a dict",
       absl::StrCat("}(", Unicode("args"), "cargparse\nNamespace\n"),
       Code::kPermissionDenied,
       {"in \"args\"", "argparse Namespace"}},
      {"STACK_GLOBAL of numbers", "K\1K\2\x93.", Code::kDataLoss, {"STACK_GLOBAL"}},
      {"what the memo held before does not count",
       absl::StrCat(GlobalOf("collections", "OrderedDict"), "q\1cposix\nsystem\nq\1)R."),
       Code::kPermissionDenied,
       {"posix system"}},
  });
}

TEST(ObjectsTest, WhatOneLibraryBringsIsForbiddenInTheFilesOfAnother) {
  const std::string forbidden = "not in the table of allowed names";
  ExpectRefused({
      {"Paddle's eval in a file of torch", "cbuiltins\neval\n.", Code::kPermissionDenied, {"builtins eval", forbidden}},
      {"a storage type in a file of Paddle",
       "ctorch\nFloatStorage\n.",
       Code::kPermissionDenied,
       {"torch FloatStorage", forbidden},
       Paddle()},
      {"torch.Size in a file of Paddle", "ctorch\nSize\n.", Code::kPermissionDenied, {"torch Size", forbidden}, Paddle()},
  });
  for (const MachineOptions& options : {TorchZip(), TorchLegacy(), Paddle()}) {
    EXPECT_EQ(RunAndShow("cnumpy\nndarray\n.", options), "<numpy ndarray>");
    EXPECT_EQ(RunAndShow("ccollections\nOrderedDict\n.", options), "<collections OrderedDict>");
  }
}

TEST(ObjectsTest, NamesOfOtherReleasesAreOneGlobal) {
  EXPECT_EQ(RunAndShow("c__builtin__\nset\n."), "<builtins set>");
  EXPECT_EQ(RunAndShow("cnumpy.core.multiarray\n_reconstruct\n."), "<numpy._core.multiarray _reconstruct>");
  EXPECT_EQ(RunAndShow("ctorch.tensor\n_rebuild_from_type_v2\n."), "<torch._tensor _rebuild_from_type_v2>");
}

TEST(ObjectsTest, PlainObjects) {
  struct GoodCase {
    std::string program;
    std::string shown;
  };
  const std::string pairs = absl::StrCat("](](", Unicode("a"), "K\1e](", Unicode("b"), "K\2ee");
  const std::vector<GoodCase> cases = {
      {EmptyOrderedDict(), "{}"},
      {absl::StrCat(GlobalOf("collections", "OrderedDict"), ")\x81"), "{}"},
      {absl::StrCat(GlobalOf("collections", "OrderedDict"), ")}\x92"), "{}"},
      {CallOf(GlobalOf("collections", "OrderedDict"), pairs), "{\"a\": 1, \"b\": 2}"},
      {absl::StrCat(EmptyOrderedDict(), Item("_metadata", Item("", "K\1")), "b"), "{} with {\"\": 1}"},
      {absl::StrCat(EmptyOrderedDict(), Item("w", "N"), "b"), "{}"},
      {CallOf(GlobalOf("collections", "defaultdict"), GlobalOf("builtins", "list")), "{}"},
      {CallOf(GlobalOf("collections", "Counter"), Item("a", "K\1")), "{\"a\": 1}"},
      {CallOf(GlobalOf("torch", "Size"), Pair(2, 3)), "(2, 3)"},
      {CallOf(GlobalOf("torch", "device"), Unicode("cpu")), "inert(torch.device cpu)"},
      {GlobalOf("torch", "float32"), "<torch float32>"},
      {CallOf(GlobalOf("builtins", "set"), "](K\1e"), "set"},
      {CallOf(GlobalOf("builtins", "complex"), "K\1K\2"), "inert(builtins.complex)"},
      {absl::StrCat(GlobalOf("builtins", "list"), ")R(K\1e"), "[1]"},
      {CallOf(GlobalOf("builtins", "tuple"), Pair(1, 2)), "(1, 2)"},
      {absl::StrCat(GlobalOf("__builtin__", "bytes"), ")R"), "b\"\""},
      {CallOf(GlobalOf("_codecs", "encode"), absl::StrCat(Unicode("a\u00e9"), Unicode("latin1"))), "latin1\"a\\xc3\\xa9\""},
      {CallOf(GlobalOf("_codecs", "encode"), absl::StrCat(Unicode(std::string(70000, 'x')), Unicode("latin-1"))), "bytes of 70000"},
      {CallOf(GlobalOf("__builtin__", "bytearray"), absl::StrCat(Unicode("a"), Unicode("latin-1"))), "latin1\"a\""},
      {CallOf(GlobalOf(kMultiarray, "scalar"), absl::StrCat(NumpyDType("f4"), Binary("abcd"))), "inert(numpy._core.multiarray.scalar)"},
      {CallOf(GlobalOf("_codecs", "encode"), absl::StrCat("Va\\u00e9\n", Unicode("latin1"))), "inert(bytes written with escapes)"},
  };
  for (const GoodCase& good : cases) EXPECT_EQ(RunAndShow(absl::StrCat(good.program, ".")), good.shown);
}

// cls.__new__ without cls.__init__.
TEST(ObjectsTest, NewObjectsOfContainersAreEmpty) {
  for (const char* name : {"OrderedDict", "defaultdict", "Counter"}) {
    EXPECT_EQ(RunAndShow(absl::StrCat(GlobalOf("collections", name), ")\x81.")), "{}") << name;
  }
  EXPECT_EQ(RunAndShow(absl::StrCat(GlobalOf("builtins", "dict"), ")\x81.")), "{}");
  EXPECT_EQ(RunAndShow(absl::StrCat(GlobalOf("builtins", "list"), ")}\x92.")), "[]");
  EXPECT_EQ(RunAndShow(absl::StrCat(GlobalOf("builtins", "set"), ")\x81.")), "set");
  EXPECT_EQ(RunAndShow(absl::StrCat(GlobalOf("builtins", "bytearray"), ")\x81.")), "b\"\"");
  EXPECT_EQ(RunAndShow(absl::StrCat(GlobalOf("builtins", "tuple"), TupleOf(Pair(1, 2)), "\x81.")), "(1, 2)");
  EXPECT_EQ(RunAndShow(absl::StrCat(GlobalOf("torch", "Size"), TupleOf(Pair(1, 2)), "\x81.")), "(1, 2)");
  EXPECT_EQ(RunAndShow(absl::StrCat(GlobalOf("builtins", "frozenset"), TupleOf("](K\1e"), "\x81.")), "set");
  std::vector<BadCase> cases;
  const auto refuse = [&cases](absl::string_view module, absl::string_view name, absl::string_view arguments, Code code) {
    for (const absl::string_view opcode : {"\x81", "}\x92"}) {
      cases.push_back({absl::StrCat(opcode, " of ", name),
                       absl::StrCat(GlobalOf(module, name), TupleOf(arguments), opcode, "."),
                       code,
                       {std::string(name)}});
    }
  };
  for (const char* name : {"OrderedDict", "defaultdict", "Counter"}) refuse("collections", name, Item("a", "N"), Code::kUnimplemented);
  for (const char* name : {"dict", "list", "set", "bytearray"}) refuse("builtins", name, "](K\1e", Code::kUnimplemented);
  // Functions, and classes whose objects do not begin like that.
  refuse("torch._utils", "_rebuild_tensor", absl::StrCat(Floats(), Int(0), Pair(2, 3), Pair(3, 1)), Code::kPermissionDenied);
  refuse("_codecs", "encode", absl::StrCat(Unicode("a"), Unicode("latin1")), Code::kPermissionDenied);
  refuse(kMultiarray, "scalar", "", Code::kPermissionDenied);
  refuse("torch.nn.parameter", "Parameter", Tensor23(), Code::kPermissionDenied);
  refuse("torch", "float32", "", Code::kPermissionDenied);
  refuse("numpy", "ndarray", TupleOf(Int(2)), Code::kPermissionDenied);
  ExpectRefused(cases);
}

// A byte string of Python 2 is the text that it is decoded to, and that is encoded.
TEST(ObjectsTest, Python2StringsAreEncodedAsTheTextThatTheyBecame) {
  const std::string program =
      absl::StrCat(CallOf(GlobalOf("_codecs", "encode"), absl::StrCat(Python2("\xc3\xa9"), Unicode("latin1"))), ".");
  EXPECT_EQ(RunAndShow(program, TorchZip()), "latin1\"\\xc3\\xa9\"");
  EXPECT_EQ(RunAndShow(program, Paddle()), "b\"\\xc3\\xa9\"");
}

TEST(ObjectsTest, RefusesInertValuesThatTheLibrariesDoNotMake) {
  const auto call = [](absl::string_view module, absl::string_view name, const std::string& arguments) {
    return CallOf(GlobalOf(module, name), arguments);
  };
  const std::string scalar = GlobalOf("numpy._core.multiarray", "scalar");
  const std::string array = NumpyArray(TupleOf(Int(1)), NumpyDType("u1"), Binary("x"));
  ExpectRefused({
      {"int of a list", call("builtins", "int", "]"), Code::kDataLoss, {"a list", "a number"}},
      {"int of infinity", call("builtins", "int", std::string("G\x7f\xf0\0\0\0\0\0\0", 9)), Code::kDataLoss, {"a number"}},
      {"int of two", call("builtins", "int", "K\1K\2"), Code::kDataLoss, {"called with 2"}},
      {"float of a text", call("builtins", "float", Unicode("x")), Code::kDataLoss, {"a number"}},
      {"complex of None", call("builtins", "complex", "K\1N"), Code::kDataLoss, {"a number"}},
      {"complex of three", call("builtins", "complex", "K\1K\1K\1"), Code::kDataLoss, {"called with 3"}},
      {"slice of nothing", call("builtins", "slice", ""), Code::kDataLoss, {"called with 0"}},
      {"slice of four", call("builtins", "slice", "NNNN"), Code::kDataLoss, {"called with 4"}},
      {"device of nothing", call("torch", "device", ""), Code::kDataLoss, {"called with 0"}},
      {"device of None", call("torch", "device", "N"), Code::kDataLoss, {"device's name"}},
      {"device with a text for an index", call("torch", "device", Unicode("cpu") + Unicode("1")), Code::kDataLoss, {"device's index"}},
      {"layout of another name", call("torch.serialization", "_get_layout", Unicode("torch.other")), Code::kDataLoss, {"layout's name"}},
      {"scalar of no dtype", CallOf(scalar, "K\3" + Binary("x")), Code::kDataLoss, {"numpy dtype"}},
      {"scalar of another size", CallOf(scalar, NumpyDType("f4") + Binary("x")), Code::kDataLoss, {"4 bytes"}},
      {"scalar without bytes", CallOf(scalar, NumpyDType("f4")), Code::kDataLoss, {"called with 1"}},
      {"set of a number", call("builtins", "set", "K\1"), Code::kDataLoss, {"members of a set"}},
      {"set of lists", call("builtins", "set", "(]l"), Code::kDataLoss, {"a list", "hash"}},
      {"frozenset of arrays", call("builtins", "frozenset", "(" + array + "l"), Code::kDataLoss, {"hash"}},
      {"an array added to a set", "\x8f(" + array + "\x90", Code::kDataLoss, {"hash"}},
  });
}

TEST(ObjectsTest, RefusesOtherUsesOfTheTable) {
  const std::string encode = GlobalOf("_codecs", "encode");
  const std::string eval = GlobalOf("builtins", "eval");
  const std::string array = NumpyArray(TupleOf(Int(1)), NumpyDType("u1"), Binary("x"));
  ExpectRefused({
      {"another codec", CallOf(encode, absl::StrCat(Unicode("a"), Unicode("unicode_escape"))), Code::kPermissionDenied, {"unicode_escape"}},
      {"no codec", CallOf(encode, Unicode("a")), Code::kPermissionDenied, {"_codecs encode"}},
      {"beyond latin-1", CallOf(encode, absl::StrCat(Unicode("\u0100"), Unicode("latin1"))), Code::kDataLoss, {"latin-1"}},
      {"eval of an expression", CallOf(eval, Unicode("print(1)")), Code::kPermissionDenied, {"builtins eval"}, Paddle()},
      {"eval of another text",
       CallOf(eval, absl::StrCat(Unicode("date"), Item("data", array))),
       Code::kPermissionDenied,
       {"eval"},
       Paddle()},
      {"eval of another key",
       CallOf(eval, absl::StrCat(Unicode("data"), Item("date", array))),
       Code::kPermissionDenied,
       {"eval"},
       Paddle()},
      {"eval of another value",
       CallOf(eval, absl::StrCat(Unicode("data"), Item("data", "N"))),
       Code::kPermissionDenied,
       {"eval"},
       Paddle()},
      {"eval with a third argument",
       CallOf(eval, absl::StrCat(Unicode("data"), Item("data", array), "N")),
       Code::kPermissionDenied,
       {"eval"},
       Paddle()},
      {"eval as a class", absl::StrCat(eval, TupleOf(Unicode("data")), "\x81"), Code::kPermissionDenied, {"eval"}, Paddle()},
      {"call of a storage type", CallOf(GlobalOf("torch", "FloatStorage"), "K\1"), Code::kPermissionDenied, {"torch FloatStorage"}},
      {"call of ndarray", CallOf(GlobalOf("numpy", "ndarray"), "K\1"), Code::kPermissionDenied, {"numpy ndarray"}},
      {"BUILD on a global", absl::StrCat(GlobalOf("collections", "OrderedDict"), "}b"), Code::kPermissionDenied, {"BUILD", "OrderedDict"}},
      {"keyword arguments", absl::StrCat(GlobalOf("torch", "device"), ")", Item("a", "N"), "\x92"), Code::kPermissionDenied, {"NEWOBJ_EX"}},
      {"defaultdict of a number", CallOf(GlobalOf("collections", "defaultdict"), "K\1"), Code::kPermissionDenied, {"factory"}},
      {"call of a text", absl::StrCat(Unicode("os.system"), ")R"), Code::kDataLoss, {"REDUCE", "os.system"}},
      {"arguments in a list", absl::StrCat(GlobalOf("torch", "Size"), "]R"), Code::kDataLoss, {"a list"}},
      {"BUILD on a tuple", ")}b", Code::kDataLoss, {"BUILD"}},
      {"BUILD on a list", "]}b", Code::kDataLoss, {"BUILD"}},
      {"BUILD on a text", absl::StrCat(Unicode("a"), "}b"), Code::kDataLoss, {"BUILD"}},
      {"BUILD on a tensor", absl::StrCat(Tensor23(), "}b"), Code::kDataLoss, {"BUILD", "tensor"}},
      {"state that is no dict", absl::StrCat(EmptyOrderedDict(), "Nb"), Code::kDataLoss, {"BUILD"}},
      {"state of a plain dict", absl::StrCat("}", Item("_metadata", "N"), "b"), Code::kDataLoss, {"BUILD", "no attributes"}},
      {"state of a set", absl::StrCat("\x8f", Item("a", "N"), "b"), Code::kDataLoss, {"BUILD", "a set"}},
      {"state of a device",
       absl::StrCat(CallOf(GlobalOf("torch", "device"), Unicode("cpu")), Item("a", "N"), "b"),
       Code::kDataLoss,
       {"BUILD", "torch.device"}},
      {"a state that hides a dict's items", absl::StrCat(EmptyOrderedDict(), Item("items", "N"), "b"), Code::kUnimplemented, {"\"items\""}},
      {"a state that changes a dict's class",
       absl::StrCat(EmptyOrderedDict(), Item("__class__", "N"), "b"),
       Code::kUnimplemented,
       {"class"}},
      {"a state with a number for a name", absl::StrCat(EmptyOrderedDict(), "}K\1Nsb"), Code::kDataLoss, {"attribute's name"}},
      {"a state that grows later",
       absl::StrCat("}q\1", EmptyOrderedDict(), "h\1b0h\1", Unicode("items"), "Ns"),
       Code::kDataLoss,
       {"changed"}},
      {"a copy of a dict with attributes",
       CallOf(GlobalOf("collections", "OrderedDict"), absl::StrCat(EmptyOrderedDict(), Item("_metadata", "N"), "b")),
       Code::kUnimplemented,
       {"OrderedDict"}},
      {"Size of texts", CallOf(GlobalOf("torch", "Size"), Unicode("a")), Code::kDataLoss, {"torch.Size"}},
      {"Size of a tensor", CallOf(GlobalOf("torch", "Size"), absl::StrCat(Tensor23(), "\x85")), Code::kDataLoss, {"torch.Size"}},
      {"a slice of tensors", CallOf(GlobalOf("builtins", "slice"), Tensor23()), Code::kPermissionDenied, {"slice", "a tensor"}},
      {"tensors pickled without torch.save",
       GlobalOf("torch.storage", "_load_from_bytes"),
       Code::kPermissionDenied,
       {"_load_from_bytes", "torch.save them"}},
      {"OrderedDict of triples",
       CallOf(GlobalOf("collections", "OrderedDict"),
              "](NNN\x87"
              "e"),
       Code::kDataLoss,
       {"key and a value"}},
      {"OrderedDict with a key twice",
       CallOf(GlobalOf("collections", "OrderedDict"),
              "](NN\x86NN\x86"
              "e"),
       Code::kDataLoss,
       {"twice"}},
      {"tuple of a list", CallOf(GlobalOf("builtins", "tuple"), "]"), Code::kUnimplemented, {"tuple"}},
  });
}

TEST(ObjectsTest, TorchTensors) {
  EXPECT_EQ(RunAndShow(absl::StrCat(Tensor23(), ".")), kShown23);
  EXPECT_EQ(RunAndShow(absl::StrCat(Utils("_rebuild_tensor", absl::StrCat(Floats(), Int(0), Pair(2, 3), Pair(3, 1))), ".")), kShown23);
  const std::string complex = StorageOf("ComplexFloatStorage", "k/../1", 2);
  EXPECT_EQ(RunAndShow(absl::StrCat(TensorV2(complex, Int(1), ")", ")", Item("conj", kTrue)), ".")),
            "tensor(complex64 storage(complex64 k/../1 2) 1 [] [] conj)");
  EXPECT_EQ(RunAndShow(absl::StrCat(Tensor23(Item("neg", kTrue)), ".")),
            absl::StrCat(std::string(kShown23, sizeof(kShown23) - 2), " neg)"));
  const std::string untyped = absl::StrCat(
      TupleOf(absl::StrCat(Unicode("storage"), GlobalOf("torch.storage", "UntypedStorage"), Unicode("0"), Unicode("cpu"), Int(6))), "Q");
  const std::string v3 = absl::StrCat(untyped, Int(0), Pair(2, 3), Pair(3, 1), kFalse, EmptyOrderedDict());
  EXPECT_EQ(RunAndShow(absl::StrCat(Utils("_rebuild_tensor_v3", absl::StrCat(v3, GlobalOf("torch", "float8_e5m2"))), ".")),
            "tensor(float8_e5m2 storage(untyped 0 6) 0 [2, 3] [3, 1])");
  EXPECT_EQ(RunAndShow(absl::StrCat(TensorV2(untyped, Int(0), Pair(2, 3), Pair(3, 1)), ".")),
            "tensor(uint8 storage(untyped 0 6) 0 [2, 3] [3, 1])");
}

TEST(ObjectsTest, TorchParametersAreTheirTensors) {
  EXPECT_EQ(RunAndShow(absl::StrCat(Utils("_rebuild_parameter", absl::StrCat(Tensor23(), kTrue, EmptyOrderedDict())), ".")), kShown23);
  EXPECT_EQ(RunAndShow(absl::StrCat(Utils("_rebuild_parameter_with_state", absl::StrCat(Tensor23(), kTrue, EmptyOrderedDict(), "}")), ".")),
            kShown23);
  const std::string arguments = TupleOf(absl::StrCat(Floats(), Int(0), Pair(2, 3), Pair(3, 1), kFalse, EmptyOrderedDict()));
  const std::string from_type =
      CallOf(GlobalOf("torch._tensor", "_rebuild_from_type_v2"),
             absl::StrCat(GlobalOf("torch._utils", "_rebuild_tensor_v2"), GlobalOf("torch", "Tensor"), arguments, Item("a", "N")));
  EXPECT_EQ(RunAndShow(absl::StrCat(from_type, ".")), kShown23);
}

std::string FromType(absl::string_view function, absl::string_view type, absl::string_view arguments, absl::string_view state) {
  return CallOf(GlobalOf("torch._tensor", "_rebuild_from_type_v2"), absl::StrCat(function, type, TupleOf(arguments), state));
}

std::string WithState(absl::string_view state) {
  return Utils("_rebuild_parameter_with_state", absl::StrCat(Tensor23(), kTrue, EmptyOrderedDict(), state));
}

TEST(ObjectsTest, AttributesOfTensorsAreNoPartOfThem) {
  const std::string rank = Item("rank", "K\2");
  for (const std::string& state :
       {std::string("N"), std::string("}"), rank, TupleOf(absl::StrCat(rank, "N")), TupleOf(absl::StrCat("N", rank))}) {
    EXPECT_EQ(RunAndShow(absl::StrCat(WithState(state), ".")), kShown23) << state;
  }
}

// setattr(tensor, "data", …) makes it another tensor.
TEST(ObjectsTest, RefusesStatesThatMakeATensorAnotherOne) {
  std::vector<BadCase> cases;
  const std::string tensor = GlobalOf("torch", "Tensor");
  const std::string function = GlobalOf("torch._utils", "_rebuild_tensor");
  const std::string arguments = absl::StrCat(Floats(), Int(0), Pair(2, 3), Pair(3, 1));
  for (const std::string name :
       {"data", "real", "imag", "grad", "_grad", "requires_grad", "names", "_backward_hooks", "__class__", "__dict__", "shape", "T"}) {
    const std::string state = Item(name, Tensor23());
    for (const std::string& form : {state, TupleOf(absl::StrCat(state, "N")), TupleOf(absl::StrCat("N", state))}) {
      cases.push_back({name, WithState(form), Code::kUnimplemented, {absl::StrCat("\"", name, "\"")}});
      cases.push_back({name, FromType(function, tensor, arguments, form), Code::kUnimplemented, {absl::StrCat("\"", name, "\"")}});
    }
  }
  cases.push_back({"a number for a name", WithState("}K\1Ns"), Code::kDataLoss, {"attribute's name"}});
  cases.push_back({"a triple", WithState("NNN\x87"), Code::kDataLoss, {"state"}});
  cases.push_back({"a list", WithState("]"), Code::kDataLoss, {"state"}});
  cases.push_back(
      {"a type in a type",
       FromType(GlobalOf("torch._tensor", "_rebuild_from_type_v2"), tensor, absl::StrCat(function, tensor, TupleOf(arguments), "N"), "N"),
       Code::kPermissionDenied,
       {"_rebuild_from_type_v2"}});
  cases.push_back({"a dict as a tensor", FromType(GlobalOf("collections", "OrderedDict"), tensor, "", "N"), Code::kPermissionDenied, {}});
  cases.push_back({"a type of old", FromType(function, GlobalOf("torch", "FloatTensor"), arguments, "N"), Code::kPermissionDenied, {}});
  ExpectRefused(cases);
}

// torch sets the bit where its key is there.
TEST(ObjectsTest, BitsAreSetWhateverStandsUnderTheirKey) {
  const std::string negated = absl::StrCat(std::string(kShown23, sizeof(kShown23) - 2), " neg)");
  EXPECT_EQ(RunAndShow(absl::StrCat(Tensor23(Item("neg", kFalse)), ".")), negated);
  EXPECT_EQ(RunAndShow(absl::StrCat(Tensor23("N"), ".")), kShown23);
}

TEST(ObjectsTest, DeviceTensorsAreWhatTheyAreKeptAs) {
  const std::string array = NumpyArray(TupleOf(Int(1)), NumpyDType("f4"), Binary("abcd"));
  const auto device = [](absl::string_view from, absl::string_view data, absl::string_view dtype, absl::string_view where) {
    return Utils(absl::StrCat("_rebuild_device_tensor_from_", from), absl::StrCat(data, GlobalOf("torch", dtype), where, kFalse));
  };
  const std::string hpu = Unicode("hpu:0");
  EXPECT_EQ(RunAndShow(absl::StrCat(device("cpu_tensor", Tensor23(), "float32", hpu), ".")), kShown23);
  EXPECT_EQ(RunAndShow(absl::StrCat(device("cpu_tensor", Tensor23(), "float32", CallOf(GlobalOf("torch", "device"), hpu)), ".")), kShown23);
  EXPECT_EQ(RunAndShow(absl::StrCat(device("numpy", array, "float32", hpu), ".")), "array(f4 [1] [1] b\"abcd\")");
  EXPECT_EQ(RunAndShow(absl::StrCat(device("numpy", array, "bfloat16", hpu), ".")),
            "unsupported: a device tensor of torch bfloat16 that is kept as another type");
  EXPECT_EQ(RunAndShow(absl::StrCat(device("cpu_tensor", Tensor23(), "float32", Unicode("meta")), ".")),
            "unsupported: a meta tensor without data");
  ExpectRefused({
      {"of a text", device("numpy", Unicode("a"), "float32", hpu), Code::kDataLoss, {"data"}},
      {"on a number", device("numpy", array, "float32", "K\1"), Code::kDataLoss, {"a device"}},
  });
}

TEST(ObjectsTest, TensorsThatAreNotReadSayWhatTheyAre) {
  const auto shown = [](absl::string_view program) { return RunAndShow(absl::StrCat(program, ".")); };
  const std::string layout = CallOf(GlobalOf("torch.serialization", "_get_layout"), Unicode("torch.sparse_csr"));
  EXPECT_EQ(shown(Utils("_rebuild_sparse_tensor", absl::StrCat(layout, ")"))), "unsupported: a sparse CSR tensor");
  EXPECT_EQ(shown(Utils("_rebuild_qtensor", "N")), "unsupported: a quantized tensor");
  EXPECT_EQ(shown(Utils("_rebuild_meta_tensor_no_storage", "N")), "unsupported: a meta tensor without data");
  const std::string quantized = StorageOf("QInt8Storage", "0", 6);
  EXPECT_EQ(shown(TensorV2(quantized, Int(0), Pair(2, 3), Pair(3, 1))), "unsupported: a quantized tensor (QInt8Storage)");
  EXPECT_EQ(shown(Utils("_rebuild_parameter", absl::StrCat(Utils("_rebuild_qtensor", "N"), kTrue, EmptyOrderedDict()))),
            "unsupported: a quantized tensor");
}

// A persistent id with each member as a program of its own.
std::string PersistentId(absl::string_view kind, absl::string_view type, absl::string_view key, absl::string_view numel,
                         absl::string_view more = "") {
  return absl::StrCat("}(", Unicode("w"), TupleOf(absl::StrCat(kind, type, key, Unicode("cpu"), numel, more)), "Q");
}

TEST(ObjectsTest, RefusesBadPersistentIds) {
  const std::string storage = Unicode("storage");
  const std::string type = GlobalOf("torch", "FloatStorage");
  const std::string key = Unicode("0");
  const std::string w = "in \"w\"";
  const auto view = [&](int offset, int size) { return TupleOf(absl::StrCat(Unicode("v"), Int(offset), Int(size))); };
  ExpectRefused({
      {"none allowed", PersistentId(storage, Unicode("FloatStorage"), key, Int(4)), Code::kDataLoss, {"persistent id"}, Paddle()},
      {"text form", "P0\n.", Code::kDataLoss, {"PERSID"}},
      {"no tuple", "K\1Q", Code::kDataLoss, {"BINPERSID"}},
      {"three members",
       absl::StrCat("}(", Unicode("w"), TupleOf(absl::StrCat(storage, type, key)), "Q"),
       Code::kDataLoss,
       {w, "3 members"}},
      {"six members in a zip", PersistentId(storage, type, key, Int(4), "N"), Code::kDataLoss, {w, "6 members"}},
      {"five members in a legacy file", PersistentId(storage, type, key, Int(4)), Code::kDataLoss, {w, "5 members"}, TorchLegacy()},
      {"kind module in a zip", PersistentId(Unicode("module"), type, key, Int(4)), Code::kDataLoss, {w, "module"}},
      {"kind module in a legacy file",
       PersistentId(Unicode("module"), type, key, Int(4)),
       Code::kPermissionDenied,
       {w, "FloatStorage"},
       TorchLegacy()},
      {"another kind", PersistentId(Unicode("stor"), type, key, Int(4)), Code::kDataLoss, {w, "\"stor\""}},
      {"type that is a text", PersistentId(storage, Unicode("FloatStorage"), key, Int(4)), Code::kDataLoss, {w, "storage type"}},
      {"type that is another global",
       PersistentId(storage, GlobalOf("torch", "float32"), key, Int(4)),
       Code::kDataLoss,
       {w, "torch float32"}},
      {"key that is a number", PersistentId(storage, type, Int(0), Int(4)), Code::kDataLoss, {w, "key"}},
      {"location that is a number",
       absl::StrCat("}(", Unicode("w"), TupleOf(absl::StrCat(storage, type, key, Int(0), Int(4))), "Q"),
       Code::kDataLoss,
       {w, "location"}},
      {"on meta",
       absl::StrCat("}(", Unicode("w"), TupleOf(absl::StrCat(storage, type, key, Unicode("meta"), Int(4))), "Q"),
       Code::kUnimplemented,
       {w, "\"meta\""}},
      {"on meta in a legacy file",
       absl::StrCat("}(", Unicode("w"), TupleOf(absl::StrCat(storage, type, key, Unicode("meta"), Int(4), "N")), "Q"),
       Code::kUnimplemented,
       {w, "\"meta\""},
       TorchLegacy()},
      {"negative numel", PersistentId(storage, type, key, Int(-1)), Code::kDataLoss, {w, "-1"}},
      {"numel that is a bool", PersistentId(storage, type, key, kTrue), Code::kDataLoss, {w, "True"}},
      {"view beyond the storage", PersistentId(storage, type, key, Int(4), view(3, 4)), Code::kDataLoss, {w, "view"}, TorchLegacy()},
      {"view at a negative offset", PersistentId(storage, type, key, Int(4), view(-1, 2)), Code::kDataLoss, {w, "view"}, TorchLegacy()},
      {"view that is a number", PersistentId(storage, type, key, Int(4), Int(1)), Code::kDataLoss, {w, "view"}, TorchLegacy()},
      {"untyped in a legacy file",
       PersistentId(storage, GlobalOf("torch.storage", "UntypedStorage"), key, Int(4), "N"),
       Code::kUnimplemented,
       {w, "UntypedStorage"},
       TorchLegacy()},
  });
}

TEST(ObjectsTest, LegacyViews) {
  const std::string members = absl::StrCat(Python2("storage"), GlobalOf("torch", "LongStorage"), Python2("12"), Python2("cpu"), Int(9));
  EXPECT_EQ(RunAndShow(absl::StrCat(TupleOf(absl::StrCat(members, "N")), "Q."), TorchLegacy()), "storage(int64 12 9)");
  const std::string view = TupleOf(absl::StrCat(Unicode("13"), Int(2), Int(7)));
  EXPECT_EQ(RunAndShow(absl::StrCat(TupleOf(absl::StrCat(members, view)), "Q."), TorchLegacy()), "storage(int64 12 9 view 13 2+7)");
}

TEST(ObjectsTest, RefusesBadTensors) {
  const auto in_w = [](absl::string_view program) { return absl::StrCat("}(", Unicode("w"), program); };
  const std::string half = absl::StrCat("G", absl::string_view("\x40\x10\0\0\0\0\0\0", 8));
  const std::string sizes65 = TupleOf(Repeat(Int(1), 65));
  const std::string v3 = absl::StrCat(Floats(), Int(0), Pair(2, 3), Pair(3, 1), kFalse, EmptyOrderedDict());
  const std::string w = "in \"w\"";
  ExpectRefused({
      {"three arguments",
       in_w(Utils("_rebuild_tensor_v2", absl::StrCat(Floats(), Int(0), Pair(2, 3)))),
       Code::kDataLoss,
       {w, "3 arguments"}},
      {"eight arguments", in_w(Tensor23("NN")), Code::kDataLoss, {w, "8 arguments"}},
      {"storage is a text", in_w(TensorV2(Unicode("0"), Int(0), ")", ")")), Code::kDataLoss, {w, "storage"}},
      {"storage is a tensor", in_w(TensorV2(Tensor23(), Int(0), ")", ")")), Code::kDataLoss, {w, "storage"}},
      {"offset is None", in_w(TensorV2(Floats(), "N", ")", ")")), Code::kDataLoss, {w, "offset"}},
      {"offset beyond 64 bits", in_w(TensorV2(Floats(), "L99999999999999999999L\n", ")", ")")), Code::kDataLoss, {w, "offset"}},
      {"a float in the size", in_w(TensorV2(Floats(), Int(0), TupleOf(half), TupleOf(Int(1)))), Code::kDataLoss, {w, "size"}},
      {"size is a list", in_w(TensorV2(Floats(), Int(0), "]", ")")), Code::kDataLoss, {w, "size"}},
      {"stride is None", in_w(TensorV2(Floats(), Int(0), ")", "N")), Code::kDataLoss, {w, "stride"}},
      {"65 axes", in_w(TensorV2(Floats(), Int(0), sizes65, sizes65)), Code::kDataLoss, {w, "size"}},
      {"requires_grad is a number",
       in_w(Utils("_rebuild_tensor_v2", absl::StrCat(Floats(), Int(0), Pair(2, 3), Pair(3, 1), Int(1), EmptyOrderedDict()))),
       Code::kDataLoss,
       {w, "requires_grad"}},
      {"hooks are a list",
       in_w(Utils("_rebuild_tensor_v2", absl::StrCat(Floats(), Int(0), Pair(2, 3), Pair(3, 1), kFalse, "]"))),
       Code::kDataLoss,
       {w, "hooks"}},
      {"unknown metadata", in_w(Tensor23(Item("backward", kTrue))), Code::kUnimplemented, {w, "backward"}},
      {"metadata is a list", in_w(Tensor23("]")), Code::kDataLoss, {w, "metadata"}},
      {"conj is a number", in_w(Tensor23(Item("conj", "K\1"))), Code::kDataLoss, {w}},
      {"conj of real numbers", in_w(Tensor23(Item("conj", kTrue))), Code::kDataLoss, {w, "conjugated"}},
      {"v3 over a typed storage",
       in_w(Utils("_rebuild_tensor_v3", absl::StrCat(v3, GlobalOf("torch", "float32")))),
       Code::kDataLoss,
       {w, "typed"}},
      {"v3 with a text as dtype", in_w(Utils("_rebuild_tensor_v3", absl::StrCat(v3, Unicode("float32")))), Code::kDataLoss, {w, "dtype"}},
      {"parameter of None", in_w(Utils("_rebuild_parameter", absl::StrCat("N", kTrue, "}"))), Code::kDataLoss, {w, "None"}},
      {"from_type with a forbidden use",
       in_w(CallOf(GlobalOf("torch._tensor", "_rebuild_from_type_v2"),
                   absl::StrCat(GlobalOf("_codecs", "encode"), GlobalOf("torch", "Tensor"), TupleOf(Unicode("1")), "N"))),
       Code::kPermissionDenied,
       {w, "_codecs encode"}},
      {"from_type of another type",
       in_w(CallOf(GlobalOf("torch._tensor", "_rebuild_from_type_v2"),
                   absl::StrCat(GlobalOf("torch._utils", "_rebuild_tensor_v2"), GlobalOf("numpy", "ndarray"), ")N"))),
       Code::kPermissionDenied,
       {w, "numpy ndarray"}},
  });
}

}  // namespace
}  // namespace weighbridge::pickle
