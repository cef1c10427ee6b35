#include "formats/pickle/arguments.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"

namespace weighbridge::pickle {

absl::Status CheckCount(Arguments arguments, size_t least, size_t most) {
  if (arguments.size() >= least && arguments.size() <= most) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("called with ", arguments.size(), " arguments, which takes ", least,
                                          most == least ? std::string() : absl::StrCat(" to ", most)));
}

absl::StatusOr<int64_t> IntegerOf(const Value& value, absl::string_view what) {
  if (const int64_t* integer = value.As<int64_t>()) return *integer;
  return InPlaceOf(value, what);
}

absl::StatusOr<std::vector<int64_t>> IntegersOf(const Value& value, absl::string_view what) {
  constexpr size_t kAxes = 64;
  const Tuple* tuple = value.As<Tuple>();
  if (tuple == nullptr || tuple->items.size() > kAxes) {
    return absl::DataLossError(absl::StrCat(Describe(value), " stands in place of ", what, ", a tuple of integers"));
  }
  std::vector<int64_t> integers;
  for (const Value* item : tuple->items) {
    ASSIGN_OR_RETURN(int64_t integer, IntegerOf(*item, absl::StrCat("a member of ", what)));
    integers.push_back(integer);
  }
  return integers;
}

absl::StatusOr<bool> BoolOf(const Value& value, absl::string_view what) {
  if (const bool* truth = value.As<bool>()) return *truth;
  return absl::DataLossError(absl::StrCat(Describe(value), " stands in place of ", what, ", a bool"));
}

bool IsText(const Value& value, absl::string_view text) {
  const Text* found = value.As<Text>();
  return found != nullptr && found->utf8 == text;
}

const TableRow* RowOf(const Value& value) {
  const Global* global = value.As<Global>();
  return global == nullptr ? nullptr : global->row;
}

std::string NameOf(const TableRow& row) {
  return absl::StrCat(row.module, ".", row.name);
}

absl::Status InPlaceOf(const Value& value, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(Describe(value), " stands in place of ", what));
}

absl::Status Unforeseen(const TableRow& row, absl::string_view use) {
  return absl::PermissionDeniedError(absl::StrCat(row.module, " ", row.name, " is not allowed ", use));
}

}  // namespace weighbridge::pickle
