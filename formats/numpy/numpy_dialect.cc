#include "formats/numpy/numpy_dialect.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/numpy/numpy_objects.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/inert_values.h"
#include "formats/pickle/value.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {
namespace {

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

absl::StatusOr<Value*> ScalarOf(Arena& arena, const TableRow& function, Arguments arguments) {
  RETURN_IF_ERROR(CheckScalar(arguments));
  return MakeInert(arena, function, arguments, NameOf(function));
}

absl::Status Build(Value& object, const Value& state) {
  if (Array* array = object.As<Array>()) return BuildArray(*array, state);
  return BuildArrayDType(*object.As<ArrayDType>(), state);
}

constexpr GlobalKind kNumpyReconstruct = {.call = ReconstructArray};
constexpr GlobalKind kNumpyFromBuffer = {.call = ArrayFromBuffer};
constexpr GlobalKind kNumpyScalar = {.call = ScalarOf};
constexpr GlobalKind kNumpyDType = {.call = MakeArrayDType, .new_object = NewObject::kAsCalled};

constexpr TableRow kRows[] = {
    {"numpy._core.multiarray", "_reconstruct", &kNumpyReconstruct},
    {"numpy._core.multiarray", "scalar", &kNumpyScalar},
    {"numpy._core.numeric", "_frombuffer", &kNumpyFromBuffer},
    {"numpy", "ndarray", &kNumpyArrayType},
    {"numpy", "dtype", &kNumpyDType},
};

constexpr Dialect::Alias kAliases[] = {
    {"numpy.core.multiarray", "", "numpy._core.multiarray", ""},
    {"numpy.core.numeric", "", "numpy._core.numeric", ""},
};

}  // namespace

const Dialect& NumpyDialect() {
  static const auto& dialect = *new Dialect(kRows, kAliases, Build);
  return dialect;
}

}  // namespace weighbridge::pickle
