#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
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
  if (absl::Status status = AboveMark().status(); !status.ok()) return status;
  DropToMark();
  return absl::OkStatus();
}

absl::Status Interpreter::Dup() {
  absl::StatusOr<absl::Span<Value* const>> top = Top(1);
  if (!top.ok()) return top.status();
  return Push(top->front());
}

absl::StatusOr<Value*> Interpreter::NewTuple(absl::Span<Value* const> items) {
  absl::StatusOr<Value*> value = arena_.New(Tuple());
  if (!value.ok()) return value.status();
  Tuple& tuple = *(*value)->As<Tuple>();
  tuple.items.reserve(items.size());
  for (Value* item : items) {
    if (absl::Status status = arena_.Append(*value, tuple, item); !status.ok()) return status;
  }
  return value;
}

absl::Status Interpreter::EmptyTuple() {
  return Push(NewTuple({}));
}

absl::Status Interpreter::MakeTuple(int64_t size) {
  absl::StatusOr<absl::Span<Value* const>> items = Top(size);
  if (!items.ok()) return items.status();
  absl::StatusOr<Value*> tuple = NewTuple(*items);
  if (!tuple.ok()) return tuple.status();
  Drop(size);
  return Push(*tuple);
}

absl::Status Interpreter::TupleToMark() {
  absl::StatusOr<absl::Span<Value* const>> items = AboveMark();
  if (!items.ok()) return items.status();
  absl::StatusOr<Value*> tuple = NewTuple(*items);
  if (!tuple.ok()) return tuple.status();
  DropToMark();
  return Push(*tuple);
}

absl::Status Interpreter::EmptyList() {
  return Push(arena_.New(List()));
}

absl::Status Interpreter::ListToMark() {
  absl::StatusOr<absl::Span<Value* const>> items = AboveMark();
  if (!items.ok()) return items.status();
  absl::StatusOr<Value*> value = arena_.New(List());
  if (!value.ok()) return value.status();
  List& list = *(*value)->As<List>();
  for (Value* item : *items) {
    if (absl::Status status = arena_.Append(*value, list, item); !status.ok()) return status;
  }
  DropToMark();
  return Push(*value);
}

absl::Status Interpreter::AppendOne() {
  absl::StatusOr<absl::Span<Value* const>> operands = Top(2);
  if (!operands.ok()) return operands.status();
  List* list = operands->front()->As<List>();
  if (list != nullptr) {
    if (absl::Status status = arena_.Append(operands->front(), *list, operands->back()); !status.ok()) return status;
  } else if (!arena_.IsOpaque(*operands->front())) {
    return absl::DataLossError(absl::StrCat("something is appended to ", Describe(*operands->front())));
  }
  Drop(1);
  return absl::OkStatus();
}

absl::Status Interpreter::AppendToMark() {
  absl::StatusOr<Value*> target = BelowMark();
  if (!target.ok()) return target.status();
  List* list = (*target)->As<List>();
  if (list == nullptr && !arena_.IsOpaque(**target)) {
    return absl::DataLossError(absl::StrCat("something is appended to ", Describe(**target)));
  }
  for (size_t i = marks_.back(); list != nullptr && i < stack_.size(); ++i) {
    if (absl::Status status = arena_.Append(*target, *list, stack_[i]); !status.ok()) return status;
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
  if (absl::Status status = AboveMark().status(); !status.ok()) return status;
  absl::StatusOr<Value*> dict = arena_.New(Dict());
  if (!dict.ok()) return dict.status();
  if (absl::Status status = SetItems(*dict, marks_.back()); !status.ok()) return status;
  DropToMark();
  return Push(*dict);
}

absl::Status Interpreter::SetOne() {
  absl::StatusOr<absl::Span<Value* const>> operands = Top(3);
  if (!operands.ok()) return operands.status();
  if (absl::Status status = SetItems(operands->front(), stack_.size() - 2); !status.ok()) return status;
  Drop(2);
  return absl::OkStatus();
}

absl::Status Interpreter::SetToMark() {
  absl::StatusOr<Value*> target = BelowMark();
  if (!target.ok()) return target.status();
  if (absl::Status status = SetItems(*target, marks_.back()); !status.ok()) return status;
  DropToMark();
  return absl::OkStatus();
}

absl::Status Interpreter::EmptySet() {
  return Push(arena_.New(Set()));
}

absl::Status Interpreter::AddToMark() {
  absl::StatusOr<Value*> target = BelowMark();
  if (!target.ok()) return target.status();
  if ((*target)->As<Set>() == nullptr) return absl::DataLossError(absl::StrCat("something is added to ", Describe(**target)));
  if (absl::Status status = AddItems(*target); !status.ok()) return status;
  DropToMark();
  return absl::OkStatus();
}

absl::Status Interpreter::FrozenSet() {
  if (absl::Status status = AboveMark().status(); !status.ok()) return status;
  Value* const set = arena_.New(Set());
  if (absl::Status status = AddItems(set); !status.ok()) return status;
  DropToMark();
  return Push(set);
}

absl::Status Interpreter::AddItems(Value* set) {
  for (size_t i = marks_.back(); i < stack_.size(); ++i) {
    if (absl::Status status = CheckIsHashable(*stack_[i]); !status.ok()) return status;
    if (absl::Status status = arena_.KeepAside(set, Aside::Place::kSet, stack_[i]); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace weighbridge::pickle
