#include "formats/pickle/reduce.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/attributes.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/text.h"

namespace weighbridge::pickle {
namespace {

// Whether it makes a tensor of what a pickle alone cannot bring: only the files of torch.save do, whose dialect knows all but the first.
bool MakesTorchTensor(absl::string_view module, absl::string_view name) {
  return (module == "torch.storage" && name == "_load_from_bytes") ||
         (module == "torch._utils" && (name == "_rebuild_tensor" || name == "_rebuild_tensor_v2" || name == "_rebuild_tensor_v3" ||
                                       name == "_rebuild_parameter" || name == "_rebuild_parameter_with_state"));
}

// What to do about a forbidden global, where it makes a tensor or looks like a class.
absl::string_view Advice(absl::string_view module, absl::string_view name) {
  if (MakesTorchTensor(module, name)) {
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

// The arguments that `function`, which is no opaque object, is given, and its row.
struct Call {
  const TableRow* row;
  Arguments arguments;
};

absl::StatusOr<Call> CallOf(const Value& function, const Value& arguments) {
  const TableRow* row = RowOf(function);
  if (row == nullptr) return absl::DataLossError(absl::StrCat(Describe(function), " is called, which is not a function"));
  const Tuple* tuple = arguments.As<Tuple>();
  if (tuple == nullptr) return absl::DataLossError(absl::StrCat("called with ", Describe(arguments), " in place of a tuple of arguments"));
  return Call{.row = row, .arguments = tuple->items};
}

absl::StatusOr<Value*> CallRow(Arena& arena, const Call& call) {
  const auto function = call.row->kind->call;
  return function == nullptr ? Unforeseen(*call.row, "to be called") : function(arena, *call.row, call.arguments);
}

// Of the dialect whose values wait for their state. There is one at most.
Dialect::Build BuildOf(Dialects dialects) {
  const auto dialect = std::find_if(dialects.begin(), dialects.end(), [](const Dialect* one) { return one->build() != nullptr; });
  return dialect == dialects.end() ? nullptr : (*dialect)->build();
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

absl::StatusOr<Value*> MakeGlobal(Arena& arena, const TableRow* row, absl::string_view module, absl::string_view name) {
  if (row == nullptr && arena.opaque_objects())
    return arena.New(Inert{absl::StrCat("an opaque object of ", Escape(module), " ", Escape(name))});
  if (row == nullptr) return Forbidden(module, name);
  return arena.New(Global{row});
}

absl::StatusOr<Value*> CallGlobal(Arena& arena, const Value& function, const Value& arguments) {
  if (arena.IsOpaque(function)) return arena.New(*function.As<Inert>());
  ASSIGN_OR_RETURN(const Call call, CallOf(function, arguments));
  return CallRow(arena, call);
}

absl::StatusOr<Value*> NewOfGlobal(Arena& arena, const Value& cls, const Value& arguments) {
  if (arena.IsOpaque(cls)) return arena.New(*cls.As<Inert>());
  ASSIGN_OR_RETURN(const Call call, CallOf(cls, arguments));
  const NewObject made = call.row->kind->new_object;
  if (made == NewObject::kRefused) return Unforeseen(*call.row, "as the class of a new object");
  if (made == NewObject::kEmpty && !call.arguments.empty()) {
    return absl::UnimplementedError(absl::StrCat("a new ", call.row->name, " is given arguments, which Python leaves unused"));
  }
  return CallRow(arena, call);
}

absl::Status BuildValue(Arena& arena, Dialects dialects, Value* object, const Value& state) {
  RETURN_IF_ERROR(arena.CheckFinished(state));
  if (arena.IsOpaque(*object)) return absl::OkStatus();
  if (Dict* dict = object->As<Dict>()) return BuildDict(arena, object, *dict, state);
  if (const TableRow* row = RowOf(*object)) return Unforeseen(*row, "to be changed");
  if (object->As<Array>() == nullptr && object->As<ArrayDType>() == nullptr) {
    return absl::DataLossError(absl::StrCat(Describe(*object), " is given a state"));
  }
  if (!object->unfinished) return absl::DataLossError(absl::StrCat(Describe(*object), " is given a state twice"));
  const Dialect::Build build = BuildOf(dialects);
  RETURN_IF_ERROR(build == nullptr ? absl::InternalError("nothing finishes what a call left unfinished") : build(*object, state));
  object->unfinished = false;
  return absl::OkStatus();
}

}  // namespace weighbridge::pickle
