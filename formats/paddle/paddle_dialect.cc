#include "formats/paddle/paddle_dialect.h"

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/numpy/numpy_dialect.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/machine_options.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"

namespace weighbridge::paddle {
namespace {

using pickle::Arguments;
using pickle::Array;
using pickle::Dialect;
using pickle::Dict;
using pickle::GlobalKind;
using pickle::IsText;
using pickle::StaticArray;
using pickle::TableRow;
using pickle::Value;

absl::StatusOr<Value*> EvalOf(pickle::Arena& arena, const TableRow& function, Arguments arguments) {
  if (arguments.size() == 2 && IsText(*arguments[0], "data")) {
    const Dict* dict = arguments[1]->As<Dict>();
    if (dict != nullptr && dict->items.size() == 1 && IsText(*dict->items[0].first, "data")) {
      if (const Array* array = dict->items[0].second->As<Array>()) return arena.New(StaticArray{array});
    }
  }
  return pickle::Unforeseen(function, "but as eval(\"data\", {\"data\": array}), which is data and is not evaluated");
}

constexpr GlobalKind kEval = {.call = EvalOf};

constexpr TableRow kRows[] = {
    {"builtins", "eval", &kEval},
};

// Python's dialect says so of its own rows only.
constexpr Dialect::Alias kAliases[] = {
    {"__builtin__", "", "builtins", ""},
};

const Dialect& PaddleDialect() {
  static const auto& dialect = *new Dialect(kRows, kAliases);
  return dialect;
}

}  // namespace

pickle::MachineOptions PickleOptions(const ReadLimits& limits) {
  pickle::MachineOptions options;
  options.dialects = {&pickle::NumpyDialect(), &PaddleDialect()};
  options.byte_strings = pickle::MachineOptions::ByteStrings::kLatin1;
  options.limits = limits;
  return options;
}

}  // namespace weighbridge::paddle
