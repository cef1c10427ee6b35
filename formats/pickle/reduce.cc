#include "formats/pickle/reduce.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/closed_table.h"
#include "formats/pickle/numpy_objects.h"
#include "formats/pickle/text.h"
#include "formats/pickle/torch_objects.h"

namespace weighbridge::pickle {
namespace {

// What to do about a forbidden global, where it looks like a class.
absl::string_view Advice(absl::string_view name) {
  const size_t dot = name.rfind('.');
  const absl::string_view last = dot == absl::string_view::npos ? name : name.substr(dot + 1);
  if (last.empty() || !absl::ascii_isupper(last[0])) return "";
  return "; the file holds an object of a class and not only tensors: save the model's state_dict() alone, or see with inspect --opaque "
         "what tensors lie beside it";
}

absl::Status Forbidden(absl::string_view module, absl::string_view name) {
  return absl::PermissionDeniedError(
      absl::StrCat(Escape(module), " ", Escape(name), " is not in the table of allowed names", Advice(name)));
}

absl::Status Unforeseen(const TableRow& function, absl::string_view use) {
  return absl::PermissionDeniedError(absl::StrCat(function.module, " ", function.name, " is not allowed ", use));
}

// OrderedDict([[key, value], …]), as Python 2 writes it.
absl::StatusOr<Value*> DictOfPairs(Arena& arena, const Value& pairs) {
  const List* list = pairs.As<List>();
  if (list == nullptr) return absl::UnimplementedError(absl::StrCat("a dict made of ", Describe(pairs), " is not read"));
  absl::StatusOr<Value*> value = arena.New(Dict());
  if (!value.ok()) return value.status();
  for (const Value* item : list->items) {
    const Tuple* tuple = item->As<Tuple>();
    const List* members = item->As<List>();
    if (tuple == nullptr && members == nullptr)
      return absl::DataLossError(absl::StrCat(Describe(*item), " stands in place of a key and a value"));
    const auto& pair = tuple != nullptr ? tuple->items : members->items;
    if (pair.size() != 2) return absl::DataLossError(absl::StrCat(Describe(*item), " stands in place of a key and a value"));
    absl::Status status = arena.SetItem(*value, *(*value)->As<Dict>(), arena.Again(pair[0]), arena.Again(pair[1]));
    if (!status.ok()) return status;
  }
  return value;
}

// list(), list([…]) and so on: an empty one, or the argument itself, which never changes again since the tuple of arguments holds it.
template <typename T>
absl::StatusOr<Value*> Container(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.empty()) return arena.New(T());
  if (arguments.size() == 1 && arguments[0]->As<T>() != nullptr) return arena.Again(arguments[0]);
  return absl::UnimplementedError(absl::StrCat(function.name, " of ", Describe(*arguments[0]), " is not read"));
}

absl::StatusOr<Value*> DefaultDict(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() > 1) return absl::UnimplementedError("a defaultdict with contents among its arguments is not read");
  if (arguments.size() == 1 && arguments[0]->As<None>() == nullptr && arguments[0]->As<Global>() == nullptr) {
    return Unforeseen(function, absl::StrCat("with ", Describe(*arguments[0]), " as its factory"));
  }
  return arena.New(Dict());
}

// Paddle's tensor in nested files (formats.md 8.7), or any tuple.
absl::StatusOr<Value*> TupleOf(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() == 1 && arguments[0]->As<Tuple>() != nullptr) {
    const Arguments items = arguments[0]->As<Tuple>()->items;
    const Text* name = items.size() == 2 ? items[0]->As<Text>() : nullptr;
    if (name != nullptr && items[1]->As<Array>() != nullptr) return arena.New(NamedArray{name->utf8, items[1]->As<Array>()});
  }
  return Container<Tuple>(arena, function, arguments);
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

// `_codecs encode(text, "latin1")` (formats.md 8.5): the text's own bytes in the source. Where these have escapes, nothing is kept.
absl::StatusOr<Value*> Encode(Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() != 2 || !(IsText(*arguments[1], "latin1") || IsText(*arguments[1], "latin-1"))) {
    return Unforeseen(function, absl::StrCat("with ", arguments.size() < 2 ? "no codec" : Describe(*arguments[1]), ", only with latin1"));
  }
  if (const LongText* text = arguments[0]->As<LongText>()) return arena.New(text->bytes);
  const Text* text = arguments[0]->As<Text>();
  if (text == nullptr) return absl::DataLossError(absl::StrCat(Describe(*arguments[0]), " stands in place of a text to encode"));
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

absl::StatusOr<Value*> LayoutOf(Arena& arena, Arguments arguments) {
  const Text* text = arguments.empty() ? nullptr : arguments[0]->As<Text>();
  return arena.New(Inert{text == nullptr ? "a torch layout" : Escape(text->utf8)});
}

// `_rebuild_from_type_v2(function, type, arguments, state)` stands for function(*arguments); peels all of these off.
absl::Status PeelFromType(const TableRow*& function, Arguments& arguments) {
  while (function->kind == GlobalKind::kRebuildFromType) {
    if (absl::Status status = CheckCount(arguments, 4, 4); !status.ok()) return status;
    const TableRow* inner = RowOf(*arguments[0]);
    const TableRow* type = RowOf(*arguments[1]);
    const Tuple* tuple = arguments[2]->As<Tuple>();
    if (inner == nullptr || type == nullptr || tuple == nullptr) {
      return absl::DataLossError("_rebuild_from_type_v2 is called without a function, a type and a tuple of arguments");
    }
    if (type->kind != GlobalKind::kTensorType) return Unforeseen(*type, "as the type of a tensor");
    function = inner;
    arguments = tuple->items;
  }
  return absl::OkStatus();
}

absl::StatusOr<Value*> CallRow(Arena& arena, const TableRow& function, Arguments arguments) {
  using Kind = GlobalKind;
  switch (function.kind) {
    case Kind::kOrderedDict:
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
      return Container<Tuple>(arena, function, arguments);
    case Kind::kTuple:
      return TupleOf(arena, function, arguments);
    case Kind::kSet:
      return arena.New(Set());
    case Kind::kRebuildTensor:
    case Kind::kRebuildTensorV2:
    case Kind::kRebuildTensorV3:
    case Kind::kRebuildParameter:
    case Kind::kRebuildParameterWithState:
    case Kind::kRebuildUnsupported:
    case Kind::kRebuildSparse:
      return RebuildTensor(arena, function, arguments);
    case Kind::kTorchLayout:
      return LayoutOf(arena, arguments);
    case Kind::kTorchDevice:
    case Kind::kNumpyScalar:
    case Kind::kPlainInert:
      return arena.New(Inert{absl::StrCat(function.module, ".", function.name)});
    case Kind::kNumpyReconstruct:
      return ReconstructArray(arena, arguments);
    case Kind::kNumpyFromBuffer:
      return ArrayFromBuffer(arena, arguments);
    case Kind::kNumpyDType:
      return MakeArrayDType(arena, arguments);
    case Kind::kCodecsEncode:
      return Encode(arena, function, arguments);
    case Kind::kBytes:
      return BytesOrArray(arena, function, arguments);
    case Kind::kEval:
      return EvalOf(arena, function, arguments);
    case Kind::kRebuildFromType:
    case Kind::kStorageType:
    case Kind::kQuantizedType:
    case Kind::kTensorType:
    case Kind::kTorchDType:
    case Kind::kTorchConstant:
    case Kind::kNumpyArrayType:
      return Unforeseen(function, "to be called");
  }
  return absl::InternalError("a row of the closed table is of no kind");
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
  const TableRow* row = RowOf(function);
  if (row == nullptr) return absl::DataLossError(absl::StrCat(Describe(function), " is called, which is no function"));
  const Tuple* tuple = arguments.As<Tuple>();
  if (tuple == nullptr) return absl::DataLossError(absl::StrCat("called with ", Describe(arguments), " in place of a tuple of arguments"));
  Arguments peeled = tuple->items;
  if (absl::Status status = PeelFromType(row, peeled); !status.ok()) return status;
  return CallRow(arena, *row, peeled);
}

absl::Status BuildValue(Arena& arena, Value* object, const Value& state) {
  if (absl::Status status = arena.CheckFinished(state); !status.ok()) return status;
  if (object->As<Set>() != nullptr || object->As<Inert>() != nullptr) return absl::OkStatus();
  if (Dict* dict = object->As<Dict>()) {
    const Dict* members = state.As<Dict>();
    if (members == nullptr) return absl::DataLossError(absl::StrCat("a dict is given ", Describe(state), " as its state"));
    const Value* metadata = members->Find("_metadata");
    return metadata == nullptr ? absl::OkStatus() : arena.SetMetadata(object, *dict, arena.Again(metadata));
  }
  if (const TableRow* row = RowOf(*object)) return Unforeseen(*row, "to be changed");
  Array* array = object->As<Array>();
  ArrayDType* dtype = object->As<ArrayDType>();
  if (array == nullptr && dtype == nullptr) return absl::DataLossError(absl::StrCat(Describe(*object), " is given a state"));
  if (!object->unfinished) return absl::DataLossError(absl::StrCat(Describe(*object), " is given a state twice"));
  if (absl::Status status = array != nullptr ? BuildArray(*array, state) : BuildArrayDType(*dtype, state); !status.ok()) return status;
  object->unfinished = false;
  return absl::OkStatus();
}

}  // namespace weighbridge::pickle
