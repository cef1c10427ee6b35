#include "formats/pickle/python_dialect.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/budget.h"
#include "formats/pickle/inert_values.h"
#include "formats/pickle/text.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {
namespace {

Value* EmptyOrderedDict(Arena& arena) {
  Value* value = arena.New(Dict());
  value->has_attributes = true;
  return value;
}

// OrderedDict([[key, value], …]), as Python 2 writes it.
absl::StatusOr<Value*> DictOfPairs(Arena& arena, const Value& pairs) {
  const List* list = pairs.As<List>();
  if (list == nullptr) return absl::UnimplementedError(absl::StrCat("a dict made of ", Describe(pairs), " is not read"));
  Value* value = EmptyOrderedDict(arena);
  for (const Value* item : list->items) {
    const Tuple* tuple = item->As<Tuple>();
    const List* members = item->As<List>();
    if (tuple == nullptr && members == nullptr) return InPlaceOf(*item, "a key and a value");
    const auto& pair = tuple != nullptr ? tuple->items : members->items;
    if (pair.size() != 2) return InPlaceOf(*item, "a key and a value");
    RETURN_IF_ERROR(arena.SetItem(value, *value->As<Dict>(), arena.Again(pair[0]), arena.Again(pair[1])));
  }
  return value;
}

// list(), list([…]) and so on: an empty one, or the argument itself, which never changes again since the tuple of arguments holds it. A
// copy has no attributes.
template <typename T>
absl::StatusOr<Value*> Container(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.empty()) return arena.New(T());
  if (arguments.size() == 1 && arguments[0]->As<T>() != nullptr && !arguments[0]->has_attributes) return arena.Again(arguments[0]);
  return absl::UnimplementedError(absl::StrCat(function.name, " of ", Describe(*arguments[0]), " is not read"));
}

absl::StatusOr<Value*> OrderedDictOf(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.empty()) return EmptyOrderedDict(arena);
  if (arguments.size() == 1 && arguments[0]->As<Dict>() == nullptr) return DictOfPairs(arena, *arguments[0]);
  return Container<Dict>(arena, function, arguments);
}

absl::StatusOr<Value*> DefaultDict(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() > 1) return absl::UnimplementedError("a defaultdict with contents among its arguments is not read");
  if (arguments.size() == 1 && arguments[0]->As<None>() == nullptr && arguments[0]->As<Global>() == nullptr) {
    return Unforeseen(function, absl::StrCat("with ", Describe(*arguments[0]), " as its factory"));
  }
  return arena.New(Dict());
}

// set([…]), frozenset([…]).
absl::StatusOr<Value*> SetOf(Arena& arena, const TableRow& /*function*/, Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 0, 1));
  Value* set = arena.New(Set());
  if (arguments.empty()) return set;
  const List* list = arguments[0]->As<List>();
  const Tuple* tuple = arguments[0]->As<Tuple>();
  if (list == nullptr && tuple == nullptr && arguments[0]->As<Set>() == nullptr) {
    return InPlaceOf(*arguments[0], "the members of a set");
  }
  if (list != nullptr || tuple != nullptr) {
    const Arguments members = list != nullptr ? list->items : tuple->items;
    arena.AddWork(static_cast<int64_t>(members.size()));  // The same list may be given again and again.
    for (const Value* member : members) {
      RETURN_IF_ERROR(CheckIsHashable(*member));
    }
  }
  RETURN_IF_ERROR(arena.KeepAside(set, Aside::Place::kSet, arena.Again(arguments[0])));
  return set;
}

// `_codecs encode(text, "latin1")` (docs/spec/formats.md 8.5): the text's own bytes in the source. Where these have escapes, nothing is
// kept.
absl::StatusOr<Value*> Encode(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() != 2 || !(IsText(*arguments[1], "latin1") || IsText(*arguments[1], "latin-1"))) {
    return Unforeseen(function, absl::StrCat("with ", arguments.size() < 2 ? "no codec" : Describe(*arguments[1]), ", only with latin1"));
  }
  if (const LongText* text = arguments[0]->As<LongText>()) return arena.New(text->bytes);
  const Text* text = arguments[0]->As<Text>();
  if (text == nullptr) return InPlaceOf(*arguments[0], "a text to encode");
  arena.AddWork(static_cast<int64_t>(text->utf8.size()) / kTextStep);
  if (!IsLatin1(text->utf8)) return absl::DataLossError(absl::StrCat("the text ", Quote(text->utf8), " has characters beyond latin-1"));
  if (text->bytes.has_value()) return arena.New(*text->bytes);
  if (text->utf8.empty()) return arena.New(Bytes());
  return arena.New(Inert{"bytes written with escapes"});
}

absl::StatusOr<Value*> BytesOrArray(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.empty()) return arena.New(Bytes());
  if (arguments.size() == 1 && (arguments[0]->As<Bytes>() != nullptr || arguments[0]->As<Inert>() != nullptr))
    return arena.Again(arguments[0]);
  if (arguments.size() == 2) return Encode(arena, function, arguments);
  return absl::UnimplementedError(absl::StrCat(function.name, " of ", Describe(*arguments[0]), " is not read"));
}

bool IsRealNumber(const Value& value) {
  return value.As<bool>() != nullptr || value.As<int64_t>() != nullptr || value.As<double>() != nullptr;
}

// int(x), float(x), complex(x, y). Texts are numbers to these, too, and are not what anybody pickles.
absl::Status CheckNumber(absl::string_view name, Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 0, name == "complex" ? 2 : 1));
  for (const Value* argument : arguments) {
    const double* number = argument->As<double>();
    const bool is_big = name == "int" && argument->As<BigInt>() != nullptr;
    const bool is_integral = name != "int" || number == nullptr || std::isfinite(*number);
    if (!is_big && (!IsRealNumber(*argument) || !is_integral)) return InPlaceOf(*argument, "a number");
  }
  return absl::OkStatus();
}

absl::StatusOr<Value*> InertOf(Arena& arena, const TableRow& function, Arguments arguments) {
  RETURN_IF_ERROR(function.name == "slice" ? CheckCount(arguments, 1, 3) : CheckNumber(function.name, arguments));
  return MakeInert(arena, function, arguments, NameOf(function));
}

constexpr GlobalKind kOrderedDict = {.call = OrderedDictOf, .new_object = NewObject::kEmpty};
constexpr GlobalKind kDefaultDict = {.call = DefaultDict, .new_object = NewObject::kEmpty};
constexpr GlobalKind kCounter = {.call = Container<Dict>, .new_object = NewObject::kEmpty};
constexpr GlobalKind kDict = {.call = Container<Dict>, .new_object = NewObject::kEmpty};
constexpr GlobalKind kList = {.call = Container<List>, .new_object = NewObject::kEmpty};
constexpr GlobalKind kTuple = {.call = Container<Tuple>, .new_object = NewObject::kAsCalled};
constexpr GlobalKind kSet = {.call = SetOf, .new_object = NewObject::kEmpty};
constexpr GlobalKind kFrozenSet = {.call = SetOf, .new_object = NewObject::kAsCalled};
constexpr GlobalKind kCodecsEncode = {.call = Encode};
constexpr GlobalKind kBytes = {.call = BytesOrArray, .new_object = NewObject::kAsCalled};
constexpr GlobalKind kByteArray = {.call = BytesOrArray, .new_object = NewObject::kEmpty};
constexpr GlobalKind kPlainInert = {.call = InertOf, .new_object = NewObject::kAsCalled};

constexpr TableRow kRows[] = {
    {"collections", "OrderedDict", &kOrderedDict},
    {"collections", "defaultdict", &kDefaultDict},
    {"collections", "Counter", &kCounter},

    {"_codecs", "encode", &kCodecsEncode},
    {"builtins", "bytes", &kBytes},
    {"builtins", "bytearray", &kByteArray},
    {"builtins", "set", &kSet},
    {"builtins", "frozenset", &kFrozenSet},
    {"builtins", "tuple", &kTuple},
    {"builtins", "list", &kList},
    {"builtins", "dict", &kDict},
    {"builtins", "complex", &kPlainInert},
    {"builtins", "slice", &kPlainInert},
    {"builtins", "int", &kPlainInert},
    {"builtins", "float", &kPlainInert},
};

constexpr Dialect::Alias kAliases[] = {
    {"__builtin__", "", "builtins", ""},
};

}  // namespace

const Dialect& PythonDialect() {
  static const auto& dialect = *new Dialect(kRows, kAliases);
  return dialect;
}

}  // namespace weighbridge::pickle
