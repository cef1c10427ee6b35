#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "base/utf8.h"
#include "formats/pickle/budget.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/interpreter.h"
#include "formats/pickle/reduce.h"
#include "formats/pickle/text.h"

namespace weighbridge::pickle {
absl::StatusOr<Value*> Interpreter::NameGlobal(absl::string_view module, absl::string_view name) {
  if (!IsUtf8(module) || !IsUtf8(name)) {
    return absl::DataLossError(absl::StrCat("the global ", Quote(module), " ", Quote(name), " is not valid UTF-8"));
  }
  // Two short opcodes may name it by long texts of the memo.
  arena_.AddWork(static_cast<int64_t>(module.size() + name.size()) / kTextStep);
  const TableRow* row = FindGlobal(dialects_, module, name);
  arena_.NoteGlobal(module, name, row != nullptr, opcode_offset_);
  return MakeGlobal(arena_, row, module, name);
}

absl::Status Interpreter::GlobalLines() {
  ASSIGN_OR_RETURN(std::string module, Line());
  ASSIGN_OR_RETURN(std::string name, Line());
  return Push(NameGlobal(module, name));
}

absl::Status Interpreter::StackGlobal() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> operands, Top(2));
  const Text* module = operands.front()->As<Text>();
  const Text* name = operands.back()->As<Text>();
  if (module == nullptr || name == nullptr) {
    return absl::DataLossError(
        absl::StrCat(Describe(*operands.front()), " and ", Describe(*operands.back()), " are not a module and a name"));
  }
  Drop(2);
  return Push(NameGlobal(module->utf8, name->utf8));
}

absl::Status Interpreter::Replace(size_t operands, absl::StatusOr<Value*> result) {
  if (!result.ok()) return result.status();
  Drop(operands);
  return Push(*result);
}

absl::Status Interpreter::Reduce() {
  ASSIGN_OR_RETURN(const absl::Span<Value* const> operands, Top(2));
  return Replace(2, CallGlobal(arena_, *operands[0], *operands[1]));
}

absl::Status Interpreter::NewObject() {
  ASSIGN_OR_RETURN(const absl::Span<Value* const> operands, Top(2));
  return Replace(2, NewOfGlobal(arena_, *operands[0], *operands[1]));
}

absl::Status Interpreter::NewObjectWithKeywords() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> operands, Top(3));
  const Dict* keywords = operands.back()->As<Dict>();
  if (keywords == nullptr) return absl::DataLossError(absl::StrCat(Describe(*operands.back()), " stands in place of keyword arguments"));
  if (!keywords->items.empty())
    return absl::PermissionDeniedError(absl::StrCat(Describe(*operands.front()), " is called with keyword arguments"));
  return Replace(3, NewOfGlobal(arena_, *operands[0], *operands[1]));
}

absl::Status Interpreter::BuildObject() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> operands, Top(2));
  Value* const object = operands.front();
  const Value* const state = operands.back();
  Drop(1);
  return BuildValue(arena_, dialects_, object, *state);
}

absl::Status Interpreter::PersistentId() {
  const int64_t position = cursor_.position() - 1;
  ASSIGN_OR_RETURN(absl::Span<Value* const> id, Top(1));
  if (options_.load_persistent_id == nullptr) return absl::DataLossError("a persistent id, which this format does not have");
  return Replace(1, options_.load_persistent_id(arena_, *id.front(), position));
}

absl::Status Interpreter::PersistentIdLine() {
  if (!options_.has_text_ids) return absl::DataLossError("a persistent id as text, which only torch's tar form has");
  ASSIGN_OR_RETURN(std::string id, Line());
  return Push(arena_.New(Reference{std::move(id)}));
}

absl::Status Interpreter::Instance() {
  ASSIGN_OR_RETURN(std::string module, Line());
  ASSIGN_OR_RETURN(std::string name, Line());
  RETURN_IF_ERROR(NameGlobal(module, name).status());
  return Refuse();
}

}  // namespace weighbridge::pickle
