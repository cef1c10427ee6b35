#include "formats/pickle/inert_values.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/pickle/arguments.h"

namespace weighbridge::pickle {

absl::StatusOr<Value*> MakeInert(Arena& arena, const TableRow& function, Arguments arguments, std::string what) {
  for (const Value* argument : arguments) {
    if (argument->holds_tensors) return Unforeseen(function, absl::StrCat("with ", Describe(*argument), " among its arguments"));
  }
  return arena.New(Inert{std::move(what)});
}

absl::Status CheckIsHashable(const Value& item) {
  const bool is_not = item.As<List>() != nullptr || item.As<Dict>() != nullptr || item.As<Set>() != nullptr ||
                      item.As<Array>() != nullptr || item.As<StaticArray>() != nullptr;
  return is_not ? InPlaceOf(item, "a member of a set, which Python must be able to hash") : absl::OkStatus();
}

}  // namespace weighbridge::pickle
