#include "formats/pickle/reduce.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/attributes.h"
#include "formats/pickle/budget.h"
#include "formats/pickle/closed_table.h"
#include "formats/pickle/inert_values.h"
#include "formats/pickle/numpy_objects.h"
#include "formats/pickle/text.h"
#include "formats/pickle/torch_tensors.h"

namespace weighbridge::pickle {
namespace {

// What to do about a forbidden global, where it looks like a class.
absl::string_view Advice(absl::string_view module, absl::string_view name) {
  if (module == "torch.storage" && name == "_load_from_bytes") {
    return "; the file holds PyTorch tensors that were pickled without torch.save: load them in Python and torch.save them";
  }
  const size_t dot = name.rfind('.');
  const absl::string_view last = dot == absl::string_view::npos ? name : name.substr(dot + 1);
  if (last.empty() || !absl::ascii_isupper(last[0])) return "";
  return "; the file holds an object of a class and not only tensors: save the model's state_dict() alone, or see with inspect --opaque "
         "what tensors lie beside it";
}

absl::Status Forbidden(absl::string_view module, absl::string_view name) {
  return absl::PermissionDeniedError(
      absl::StrCat(Escape(module), " ", Escape(name), " is not in the table of allowed names", Advice(module, name)));
}

absl::Status Unforeseen(const TableRow& function, absl::string_view use) {
  return absl::PermissionDeniedError(absl::StrCat(function.module, " ", function.name, " is not allowed ", use));
}

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
    if (tuple == nullptr && members == nullptr)
      return absl::DataLossError(absl::StrCat(Describe(*item), " stands in place of a key and a value"));
    const auto& pair = tuple != nullptr ? tuple->items : members->items;
    if (pair.size() != 2) return absl::DataLossError(absl::StrCat(Describe(*item), " stands in place of a key and a value"));
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

absl::StatusOr<Value*> DefaultDict(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() > 1) return absl::UnimplementedError("a defaultdict with contents among its arguments is not read");
  if (arguments.size() == 1 && arguments[0]->As<None>() == nullptr && arguments[0]->As<Global>() == nullptr) {
    return Unforeseen(function, absl::StrCat("with ", Describe(*arguments[0]), " as its factory"));
  }
  return arena.New(Dict());
}

// torch.Size((…)): of integers, or it is none.
absl::StatusOr<Value*> SizeOf(Arena& arena, const TableRow& function, Arguments arguments) {
  if (!arguments.empty()) {
    RETURN_IF_ERROR(IntegersOf(*arguments[0], "a torch.Size").status());
  }
  return Container<Tuple>(arena, function, arguments);
}

// set([…]), frozenset([…]).
absl::StatusOr<Value*> SetOf(Arena& arena, Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 0, 1));
  Value* set = arena.New(Set());
  if (arguments.empty()) return set;
  const List* list = arguments[0]->As<List>();
  const Tuple* tuple = arguments[0]->As<Tuple>();
  if (list == nullptr && tuple == nullptr && arguments[0]->As<Set>() == nullptr) {
    return absl::DataLossError(absl::StrCat(Describe(*arguments[0]), " stands in place of the members of a set"));
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

absl::StatusOr<Value*> EvalOf(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() == 2 && IsText(*arguments[0], "data")) {
    const Dict* dict = arguments[1]->As<Dict>();
    if (dict != nullptr && dict->items.size() == 1 && IsText(*dict->items[0].first, "data")) {
      if (const Array* array = dict->items[0].second->As<Array>()) return arena.New(StaticArray{array});
    }
  }
  return Unforeseen(function, "but as eval(\"data\", {\"data\": array}), which is data and is not evaluated");
}

// `_codecs encode(text, "latin1")` (docs/spec/formats.md 8.5): the text's own bytes in the source. Where these have escapes, nothing is
// kept.
absl::StatusOr<Value*> Encode(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() != 2 || !(IsText(*arguments[1], "latin1") || IsText(*arguments[1], "latin-1"))) {
    return Unforeseen(function, absl::StrCat("with ", arguments.size() < 2 ? "no codec" : Describe(*arguments[1]), ", only with latin1"));
  }
  if (const LongText* text = arguments[0]->As<LongText>()) return arena.New(text->bytes);
  const Text* text = arguments[0]->As<Text>();
  if (text == nullptr) return absl::DataLossError(absl::StrCat(Describe(*arguments[0]), " stands in place of a text to encode"));
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

absl::StatusOr<Value*> CallRow(Arena& arena, const TableRow& function, Arguments arguments) {
  using Kind = GlobalKind;
  switch (function.kind) {
    case Kind::kOrderedDict:
      if (arguments.empty()) return EmptyOrderedDict(arena);
      if (arguments.size() == 1 && arguments[0]->As<Dict>() == nullptr) return DictOfPairs(arena, *arguments[0]);
      return Container<Dict>(arena, function, arguments);
    case Kind::kDefaultDict:
      return DefaultDict(arena, function, arguments);
    case Kind::kCounter:
    case Kind::kDict:
      return Container<Dict>(arena, function, arguments);
    case Kind::kList:
      return Container<List>(arena, function, arguments);
    case Kind::kTorchSize:
      return SizeOf(arena, function, arguments);
    case Kind::kTuple:
      return Container<Tuple>(arena, function, arguments);
    case Kind::kSet:
    case Kind::kFrozenSet:
      return SetOf(arena, arguments);
    case Kind::kRebuildTensor:
    case Kind::kRebuildTensorV2:
    case Kind::kRebuildTensorV3:
    case Kind::kRebuildParameter:
    case Kind::kRebuildParameterWithState:
    case Kind::kRebuildFromType:
    case Kind::kRebuildFromDevice:
    case Kind::kRebuildUnsupported:
    case Kind::kRebuildSparse:
      return RebuildTensor(arena, function, arguments);
    case Kind::kTorchLayout:
    case Kind::kTorchDevice:
    case Kind::kNumpyScalar:
    case Kind::kPlainInert:
      return MakeInert(arena, function, arguments);
    case Kind::kNumpyReconstruct:
      return ReconstructArray(arena, arguments);
    case Kind::kNumpyFromBuffer:
      return ArrayFromBuffer(arena, arguments);
    case Kind::kNumpyDType:
      return MakeArrayDType(arena, arguments);
    case Kind::kCodecsEncode:
      return Encode(arena, function, arguments);
    case Kind::kBytes:
    case Kind::kByteArray:
      return BytesOrArray(arena, function, arguments);
    case Kind::kEval:
      return EvalOf(arena, function, arguments);
    case Kind::kStorageType:
    case Kind::kQuantizedType:
    case Kind::kTensorClass:
    case Kind::kTensorType:
    case Kind::kTorchDType:
    case Kind::kTorchConstant:
    case Kind::kNumpyArrayType:
      return Unforeseen(function, "to be called");
  }
  return absl::InternalError("a row of the closed table is of no kind");
}

// The arguments that `function`, which is no opaque object, is given, and its row.
struct Call {
  const TableRow* row;
  Arguments arguments;
};

absl::StatusOr<Call> CallOf(const Value& function, const Value& arguments) {
  const TableRow* row = RowOf(function);
  if (row == nullptr) return absl::DataLossError(absl::StrCat(Describe(function), " is called, which is no function"));
  const Tuple* tuple = arguments.As<Tuple>();
  if (tuple == nullptr) return absl::DataLossError(absl::StrCat("called with ", Describe(arguments), " in place of a tuple of arguments"));
  return Call{.row = row, .arguments = tuple->items};
}

// CPython puts the items of the state into the object's __dict__.
absl::Status BuildDict(Arena& arena, Value* object, Dict& dict, const Value& state) {
  if (!object->has_attributes) return absl::DataLossError(absl::StrCat(Describe(*object), " is given a state, and has no attributes"));
  if (state.As<Dict>() == nullptr) return absl::DataLossError(absl::StrCat("a dict is given ", Describe(state), " as its state"));
  RETURN_IF_ERROR(arena.KeepAside(object, Aside::Place::kAttributes, arena.Again(&state)));
  const Attributes& attributes = arena.AttributesOf(state);
  if (!attributes.for_dict.ok()) return attributes.for_dict;
  return attributes.metadata == nullptr ? absl::OkStatus() : arena.SetMetadata(object, dict, arena.Again(attributes.metadata));
}

}  // namespace

absl::StatusOr<Value*> MakeGlobal(Arena& arena, absl::string_view module, absl::string_view name) {
  const TableRow* row = FindGlobal(module, name);
  if (row == nullptr && arena.opaque_objects())
    return arena.New(Inert{absl::StrCat("an opaque object of ", Escape(module), " ", Escape(name))});
  if (row == nullptr) return Forbidden(module, name);
  return arena.New(Global{std::string(row->module), std::string(row->name)});
}

absl::StatusOr<Value*> CallGlobal(Arena& arena, const Value& function, const Value& arguments) {
  if (arena.IsOpaque(function)) return arena.New(*function.As<Inert>());
  const absl::StatusOr<Call> call = CallOf(function, arguments);
  return call.ok() ? CallRow(arena, *call->row, call->arguments) : call.status();
}

absl::StatusOr<Value*> NewOfGlobal(Arena& arena, const Value& cls, const Value& arguments) {
  if (arena.IsOpaque(cls)) return arena.New(*cls.As<Inert>());
  ASSIGN_OR_RETURN(const Call call, CallOf(cls, arguments));
  const NewObject made = NewObjectOf(call.row->kind);
  if (made == NewObject::kRefused) return Unforeseen(*call.row, "as the class of a new object");
  if (made == NewObject::kEmpty && !call.arguments.empty()) {
    return absl::UnimplementedError(absl::StrCat("a new ", call.row->name, " is given arguments, which Python leaves unused"));
  }
  return CallRow(arena, *call.row, call.arguments);
}

absl::Status BuildValue(Arena& arena, Value* object, const Value& state) {
  RETURN_IF_ERROR(arena.CheckFinished(state));
  if (arena.IsOpaque(*object)) return absl::OkStatus();
  if (Dict* dict = object->As<Dict>()) return BuildDict(arena, object, *dict, state);
  if (const TableRow* row = RowOf(*object)) return Unforeseen(*row, "to be changed");
  Array* array = object->As<Array>();
  ArrayDType* dtype = object->As<ArrayDType>();
  if (array == nullptr && dtype == nullptr) return absl::DataLossError(absl::StrCat(Describe(*object), " is given a state"));
  if (!object->unfinished) return absl::DataLossError(absl::StrCat(Describe(*object), " is given a state twice"));
  RETURN_IF_ERROR(array != nullptr ? BuildArray(*array, state) : BuildArrayDType(*dtype, state));
  object->unfinished = false;
  return absl::OkStatus();
}

}  // namespace weighbridge::pickle
