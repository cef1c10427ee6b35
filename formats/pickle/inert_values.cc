#include "formats/pickle/inert_values.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/pickle/text.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {
namespace {

absl::Status InPlaceOf(const Value& value, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(Describe(value), " stands in place of ", what));
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

// torch.device("cuda"), torch.device("cuda:1"), torch.device("cuda", 1). Which devices there are depends on the build of torch.
absl::Status CheckDevice(Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 1, 2));
  const Text* name = arguments[0]->As<Text>();
  constexpr size_t kMostBytes = 100;
  if (name == nullptr || name->utf8.empty() || name->utf8.size() > kMostBytes) return InPlaceOf(*arguments[0], "a device's name");
  return arguments.size() == 1 ? absl::OkStatus() : IntegerOf(*arguments[1], "a device's index").status();
}

absl::Status CheckLayout(Arguments arguments) {
  constexpr absl::string_view kLayouts[] = {"torch.strided",    "torch.sparse_coo", "torch.sparse_csr", "torch.sparse_csc",
                                            "torch.sparse_bsr", "torch.sparse_bsc", "torch._mkldnn",    "torch.jagged"};
  RETURN_IF_ERROR(CheckCount(arguments, 1, 1));
  const Text* name = arguments[0]->As<Text>();
  const bool is_known = name != nullptr && std::find(std::begin(kLayouts), std::end(kLayouts), name->utf8) != std::end(kLayouts);
  return is_known ? absl::OkStatus() : InPlaceOf(*arguments[0], "a layout's name");
}

// scalar(dtype, bytes). What is no element type here (texts, dates, objects) has sizes, and kinds, of its own.
absl::Status CheckScalar(Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 2, 2));
  const ArrayDType* dtype = arguments[0]->As<ArrayDType>();
  if (dtype == nullptr) return InPlaceOf(*arguments[0], "a numpy dtype");
  if (!dtype->dtype.has_value()) return absl::OkStatus();
  const int64_t size = ItemSize(*dtype->dtype);
  const Text* text = arguments[1]->As<Text>();
  const Bytes* bytes = arguments[1]->As<Bytes>();
  if (bytes == nullptr && text != nullptr && text->from_bytes && text->bytes.has_value()) bytes = &*text->bytes;
  // Written with escapes, of which nothing is kept.
  const bool is_escaped = arguments[1]->As<Inert>() != nullptr || (text != nullptr && text->from_bytes && bytes == nullptr);
  const bool fits = bytes != nullptr && bytes->size >= size && bytes->size <= (bytes->latin1 ? 2 * size : size);
  return fits || is_escaped ? absl::OkStatus() : InPlaceOf(*arguments[1], absl::StrCat("the ", size, " bytes of a number"));
}

absl::Status CheckArguments(const TableRow& function, Arguments arguments) {
  switch (function.kind) {
    case GlobalKind::kTorchDevice:
      return CheckDevice(arguments);
    case GlobalKind::kTorchLayout:
      return CheckLayout(arguments);
    case GlobalKind::kNumpyScalar:
      return CheckScalar(arguments);
    default:
      return function.name == "slice" ? CheckCount(arguments, 1, 3) : CheckNumber(function.name, arguments);
  }
}

}  // namespace

absl::StatusOr<Value*> MakeInert(Arena& arena, const TableRow& function, Arguments arguments) {
  RETURN_IF_ERROR(CheckArguments(function, arguments));
  for (const Value* argument : arguments) {
    if (!argument->holds_tensors) continue;
    return absl::PermissionDeniedError(
        absl::StrCat(function.module, " ", function.name, " is not allowed with ", Describe(*argument), " among its arguments"));
  }
  if (function.kind == GlobalKind::kTorchLayout) return arena.New(Inert{arguments[0]->As<Text>()->utf8});
  std::string what = absl::StrCat(function.module, ".", function.name);
  if (function.kind == GlobalKind::kTorchDevice) absl::StrAppend(&what, " ", Escape(arguments[0]->As<Text>()->utf8));
  return arena.New(Inert{std::move(what)});
}

absl::Status CheckIsHashable(const Value& item) {
  const bool is_not = item.As<List>() != nullptr || item.As<Dict>() != nullptr || item.As<Set>() != nullptr ||
                      item.As<Array>() != nullptr || item.As<StaticArray>() != nullptr;
  return is_not ? InPlaceOf(item, "a member of a set, which Python must be able to hash") : absl::OkStatus();
}

}  // namespace weighbridge::pickle
