#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/pickle/inert_values.h"
#include "formats/pickle/interpreter.h"

namespace weighbridge::pickle {

absl::Status Interpreter::Mark() {
  marks_.push_back(stack_.size());
  return absl::OkStatus();
}

// Takes a mark when nothing stands above it, as Python does.
absl::Status Interpreter::Pop() {
  if (!marks_.empty() && marks_.back() == stack_.size()) {
    marks_.pop_back();
    return absl::OkStatus();
  }
  if (stack_.empty()) return absl::DataLossError("the stack is empty");
  Drop(1);
  return absl::OkStatus();
}

absl::Status Interpreter::PopMark() {
  RETURN_IF_ERROR(AboveMark().status());
  DropToMark();
  return absl::OkStatus();
}

absl::Status Interpreter::Dup() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> top, Top(1));
  return Push(top.front());
}

absl::StatusOr<Value*> Interpreter::NewTuple(absl::Span<Value* const> items) {
  Value* const value = arena_.New(Tuple());
  Tuple& tuple = *value->As<Tuple>();
  tuple.items.reserve(items.size());
  for (Value* item : items) {
    RETURN_IF_ERROR(arena_.Append(value, tuple, item));
  }
  return value;
}

absl::Status Interpreter::EmptyTuple() {
  return Push(NewTuple({}));
}

absl::Status Interpreter::MakeTuple(int64_t size) {
  ASSIGN_OR_RETURN(absl::Span<Value* const> items, Top(size));
  ASSIGN_OR_RETURN(Value * tuple, NewTuple(items));
  Drop(size);
  return Push(tuple);
}

absl::Status Interpreter::TupleToMark() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> items, AboveMark());
  ASSIGN_OR_RETURN(Value * tuple, NewTuple(items));
  DropToMark();
  return Push(tuple);
}

absl::Status Interpreter::EmptyList() {
  return Push(arena_.New(List()));
}

absl::Status Interpreter::ListToMark() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> items, AboveMark());
  Value* const value = arena_.New(List());
  List& list = *value->As<List>();
  for (Value* item : items) {
    RETURN_IF_ERROR(arena_.Append(value, list, item));
  }
  DropToMark();
  return Push(value);
}

absl::Status Interpreter::AppendOne() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> operands, Top(2));
  List* list = operands.front()->As<List>();
  if (list != nullptr) {
    RETURN_IF_ERROR(arena_.Append(operands.front(), *list, operands.back()));
  } else if (!arena_.IsOpaque(*operands.front())) {
    return absl::DataLossError(absl::StrCat("something is appended to ", Describe(*operands.front())));
  }
  Drop(1);
  return absl::OkStatus();
}

absl::Status Interpreter::AppendToMark() {
  ASSIGN_OR_RETURN(Value * target, BelowMark());
  List* list = target->As<List>();
  if (list == nullptr && !arena_.IsOpaque(*target)) {
    return absl::DataLossError(absl::StrCat("something is appended to ", Describe(*target)));
  }
  for (size_t i = marks_.back(); list != nullptr && i < stack_.size(); ++i) {
    RETURN_IF_ERROR(arena_.Append(target, *list, stack_[i]));
  }
  DropToMark();
  return absl::OkStatus();
}

absl::Status Interpreter::EmptyDict() {
  return Push(arena_.New(Dict()));
}

absl::Status Interpreter::SetItems(Value* target, size_t first) {
  Dict* dict = target->As<Dict>();
  if (dict == nullptr && !arena_.IsOpaque(*target)) return absl::DataLossError(absl::StrCat("an item is set in ", Describe(*target)));
  if ((stack_.size() - first) % 2 != 0) return absl::DataLossError("a key has no value");
  if (dict == nullptr) return absl::OkStatus();
  for (size_t i = first; i < stack_.size(); i += 2) {
    if (absl::Status status = arena_.SetItem(target, *dict, stack_[i], stack_[i + 1]); !status.ok()) {
      stack_.resize(i + 2);
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Interpreter::DictToMark() {
  RETURN_IF_ERROR(AboveMark().status());
  Value* const dict = arena_.New(Dict());
  RETURN_IF_ERROR(SetItems(dict, marks_.back()));
  DropToMark();
  return Push(dict);
}

absl::Status Interpreter::SetOne() {
  ASSIGN_OR_RETURN(absl::Span<Value* const> operands, Top(3));
  RETURN_IF_ERROR(SetItems(operands.front(), stack_.size() - 2));
  Drop(2);
  return absl::OkStatus();
}

absl::Status Interpreter::SetToMark() {
  ASSIGN_OR_RETURN(Value * target, BelowMark());
  RETURN_IF_ERROR(SetItems(target, marks_.back()));
  DropToMark();
  return absl::OkStatus();
}

absl::Status Interpreter::EmptySet() {
  return Push(arena_.New(Set()));
}

absl::Status Interpreter::AddToMark() {
  ASSIGN_OR_RETURN(Value * target, BelowMark());
  if (target->As<Set>() == nullptr) return absl::DataLossError(absl::StrCat("something is added to ", Describe(*target)));
  RETURN_IF_ERROR(AddItems(target));
  DropToMark();
  return absl::OkStatus();
}

absl::Status Interpreter::FrozenSet() {
  RETURN_IF_ERROR(AboveMark().status());
  Value* const set = arena_.New(Set());
  RETURN_IF_ERROR(AddItems(set));
  DropToMark();
  return Push(set);
}

absl::Status Interpreter::AddItems(Value* set) {
  for (size_t i = marks_.back(); i < stack_.size(); ++i) {
    RETURN_IF_ERROR(CheckIsHashable(*stack_[i]));
    RETURN_IF_ERROR(arena_.KeepAside(set, Aside::Place::kSet, stack_[i]));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge::pickle
