#include "formats/numpy/numpy_objects.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/numpy/numpy_dtype.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/text.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {
namespace {

// False, True, or 0 and 1 as older releases write them.
std::optional<bool> FlagOf(const Value& value) {
  if (const bool* flag = value.As<bool>()) return *flag;
  if (const int64_t* number = value.As<int64_t>(); number != nullptr && (*number == 0 || *number == 1)) return *number == 1;
  return std::nullopt;
}

absl::StatusOr<ArrayDType> FinishedDType(const Value& value) {
  if (const ArrayDType* dtype = value.As<ArrayDType>()) return *dtype;
  return InPlaceOf(value, "a numpy dtype");
}

// The bytes that `value` holds: bytes, or a byte string of Python 2.
absl::StatusOr<Bytes> BytesOf(const Value& value) {
  if (const Bytes* bytes = value.As<Bytes>()) return *bytes;
  if (const LongText* text = value.As<LongText>(); text != nullptr && text->from_bytes) return text->bytes;
  if (const Text* text = value.As<Text>(); text != nullptr && text->from_bytes && text->bytes.has_value()) return *text->bytes;
  if (value.As<Inert>() != nullptr || (value.As<Text>() != nullptr && value.As<Text>()->from_bytes)) {
    return absl::UnimplementedError("an array whose bytes are written as text with escapes (protocol 0) is not read");
  }
  return InPlaceOf(value, "an array's bytes");
}

// Strides of consecutive elements whose axes vary in the given order, slowest first. `shape` has a checked number of elements; without
// elements any strides are right, and products of extents could overflow.
std::vector<int64_t> DenseStrides(const Shape& shape, const std::vector<size_t>& slowest_first) {
  std::vector<int64_t> strides(shape.size(), 0);
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return strides;
  int64_t stride = 1;
  for (auto axis = slowest_first.rbegin(); axis != slowest_first.rend(); ++axis) {
    strides[*axis] = stride;
    stride *= shape[*axis];
  }
  return strides;
}

std::vector<size_t> AxesInOrder(size_t rank) {
  std::vector<size_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

// Fills `array` from its parts. Latin-1 text has one or two bytes for each byte; how many, decoding finds out.
absl::Status Fill(Array& array, ArrayDType dtype, Shape shape, const std::vector<size_t>& slowest_first, const Value& data) {
  if (dtype.dtype.has_value()) {
    ASSIGN_OR_RETURN(int64_t size, ByteSize({*dtype.dtype, shape}));
    ASSIGN_OR_RETURN(Bytes bytes, BytesOf(data));
    const bool fits = bytes.latin1 ? bytes.size >= size && bytes.size - size <= size : bytes.size == size;
    if (!fits) {
      return absl::DataLossError(
          absl::StrCat(ToString(TensorSpec{*dtype.dtype, shape}), " has ", size, " bytes, the array holds ", bytes.size));
    }
    array.data = bytes;
    array.strides = DenseStrides(shape, slowest_first);
  } else if (absl::StatusOr<int64_t> count = ElementCount(shape); !count.ok()) {
    return count.status();
  } else {
    array.strides = DenseStrides(shape, slowest_first);
  }
  array.dtype = std::move(dtype);
  array.shape = std::move(shape);
  return absl::OkStatus();
}

// The axes, slowest first, of the array that results when one of `shape` is laid out in C order and then transposed by `order`, a
// permutation; `shape` becomes the result's. Axis k of the result is axis order[k] of the layout.
absl::StatusOr<std::vector<size_t>> Transpose(const Value& order, Shape& shape) {
  ASSIGN_OR_RETURN(std::vector<int64_t> axes, IntegersOf(order, "an order of axes"));
  const auto rank = static_cast<int64_t>(shape.size());
  Shape transposed;
  std::vector<size_t> slowest_first(rank);
  std::vector<bool> seen(rank, false);
  for (const int64_t axis : axes) {
    if (axis < 0 || axis >= rank || seen[axis]) break;
    seen[axis] = true;
    slowest_first[axis] = transposed.size();
    transposed.push_back(shape[axis]);
  }
  if (transposed.size() != shape.size() || axes.size() != shape.size()) {
    return absl::DataLossError(absl::StrCat(ShapeToString(axes), " is not an order of ", rank, " axes"));
  }
  shape = std::move(transposed);
  return slowest_first;
}

}  // namespace

absl::StatusOr<Value*> ReconstructArray(Arena& arena, const TableRow& /*function*/, Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 3, 3));
  const TableRow* type = RowOf(*arguments[0]);
  if (type == nullptr) return InPlaceOf(*arguments[0], "the class of an array");
  if (type->kind != &kNumpyArrayType) {
    return absl::PermissionDeniedError(absl::StrCat(type->module, " ", type->name, " stands in place of numpy ndarray"));
  }
  ASSIGN_OR_RETURN(std::vector<int64_t> shape, IntegersOf(*arguments[1], "an empty array's shape"));
  absl::StatusOr<Bytes> code = BytesOf(*arguments[2]);
  const bool is_code = IsText(*arguments[2], "b") || arguments[2]->As<Inert>() != nullptr || (code.ok() && code->size == 1);
  if (shape != std::vector<int64_t>{0} || !is_code) {
    return absl::DataLossError("an array does not begin as numpy's do, with the shape (0,) and the type \"b\"");
  }
  Value* const value = arena.New(Array());
  value->unfinished = true;
  return value;
}

absl::Status BuildArray(Array& array, const Value& state) {
  const Tuple* tuple = state.As<Tuple>();
  if (tuple == nullptr) return InPlaceOf(state, "an array's state");
  if (tuple->items.size() != 5) {
    return absl::UnimplementedError(absl::StrCat("an array's state of ", tuple->items.size(), " members is not read, only of 5"));
  }
  ASSIGN_OR_RETURN(int64_t version, IntegerOf(*tuple->items[0], "the version of an array's state"));
  if (version != 1) return absl::UnimplementedError(absl::StrCat("an array's state of version ", version, " is not read, only 1"));
  ASSIGN_OR_RETURN(Shape shape, IntegersOf(*tuple->items[1], "an array's shape"));
  ASSIGN_OR_RETURN(ArrayDType dtype, FinishedDType(*tuple->items[2]));
  const std::optional<bool> fortran = FlagOf(*tuple->items[3]);
  if (!fortran.has_value()) {
    return InPlaceOf(*tuple->items[3], "the bool that says whether an array is Fortran's");
  }
  std::vector<size_t> axes = AxesInOrder(shape.size());
  if (*fortran) std::reverse(axes.begin(), axes.end());
  return Fill(array, std::move(dtype), std::move(shape), axes, *tuple->items[4]);
}

absl::StatusOr<Value*> ArrayFromBuffer(Arena& arena, const TableRow& /*function*/, Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 4, 5));
  ASSIGN_OR_RETURN(ArrayDType dtype, FinishedDType(*arguments[1]));
  ASSIGN_OR_RETURN(Shape shape, IntegersOf(*arguments[2], "an array's shape"));
  const Value& order = *arguments[3];
  const bool has_axes = arguments.size() == 5 && arguments[4]->As<None>() == nullptr;
  std::vector<size_t> axes = AxesInOrder(shape.size());
  if (IsText(order, "K") && has_axes) {
    ASSIGN_OR_RETURN(axes, Transpose(*arguments[4], shape));
  } else if (IsText(order, "F") && !has_axes) {
    std::reverse(axes.begin(), axes.end());
  } else if (!IsText(order, "C") || has_axes) {
    return InPlaceOf(order, "an array's order, or does not fit its axes");
  }
  Array array;
  RETURN_IF_ERROR(Fill(array, std::move(dtype), std::move(shape), axes, *arguments[0]));
  return arena.New(std::move(array));
}

absl::StatusOr<Value*> MakeArrayDType(Arena& arena, const TableRow& /*function*/, Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 3, 3));
  const Text* text = arguments[0]->As<Text>();
  if (text == nullptr) return InPlaceOf(*arguments[0], "a numpy dtype's text");
  if (FlagOf(*arguments[1]) != false || FlagOf(*arguments[2]) != true) {
    return absl::DataLossError("a numpy dtype is not made as numpy makes them, with align False and copy True");
  }
  ArrayDType dtype;
  dtype.text = text->utf8;
  dtype.dtype = ParseNumpyDType(text->utf8);
  if (!dtype.dtype.has_value() && !IsOtherNumpyDType(text->utf8)) {
    return absl::DataLossError(absl::StrCat("the text ", Quote(text->utf8), " is not a numpy dtype"));
  }
  Value* const value = arena.New(std::move(dtype));
  value->unfinished = true;
  return value;
}

// Of dtypes that are not read only the outline is looked at; records and times have members of their own.
absl::Status BuildArrayDType(ArrayDType& dtype, const Value& state) {
  const Tuple* tuple = state.As<Tuple>();
  if (tuple == nullptr || tuple->items.size() < 8) {
    return InPlaceOf(state, "a numpy dtype's state");
  }
  ASSIGN_OR_RETURN(int64_t version, IntegerOf(*tuple->items[0], "the version of a numpy dtype's state"));
  if (!dtype.dtype.has_value()) return absl::OkStatus();
  if (version != 3 || tuple->items.size() != 8) {
    return absl::UnimplementedError(absl::StrCat("a numpy dtype's state of version ", version, " with ", tuple->items.size(),
                                                 " members is not read, only version 3 with 8"));
  }
  for (size_t i = 2; i < 5; ++i) {
    if (tuple->items[i]->As<None>() == nullptr) return absl::DataLossError(absl::StrCat("the dtype ", dtype.text, " has parts of its own"));
  }
  // The size, the alignment and the flags, which numpy gives to records and texts.
  constexpr int64_t kRest[] = {-1, -1, 0};
  for (size_t i = 5; i < 8; ++i) {
    const int64_t* number = tuple->items[i]->As<int64_t>();
    if (number == nullptr || *number != kRest[i - 5]) {
      return absl::DataLossError(
          absl::StrCat("the dtype ", dtype.text, " has ", Describe(*tuple->items[i]), " where numpy writes ", kRest[i - 5]));
    }
  }
  const int64_t item_size = ItemSize(*dtype.dtype);
  const Value& order = *tuple->items[1];
  const bool any_order = IsText(order, "<") || IsText(order, ">") || IsText(order, "=");
  if (!any_order && !(IsText(order, "|") && item_size == 1)) {
    return absl::DataLossError(absl::StrCat(Describe(order), " stands in place of the byte order of ", dtype.text));
  }
  dtype.big_endian = IsText(order, ">") && item_size > 1;
  return absl::OkStatus();
}

}  // namespace weighbridge::pickle
