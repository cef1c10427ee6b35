#include "formats/tensor_spec.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {
namespace {

struct DTypeRow {
  DType dtype;
  absl::string_view name;
  int64_t item_size;
};

constexpr std::array<DTypeRow, 20> kRows = {{
    {DType::kBool, "bool", 1},
    {DType::kUint8, "uint8", 1},
    {DType::kInt8, "int8", 1},
    {DType::kUint16, "uint16", 2},
    {DType::kInt16, "int16", 2},
    {DType::kUint32, "uint32", 4},
    {DType::kInt32, "int32", 4},
    {DType::kUint64, "uint64", 8},
    {DType::kInt64, "int64", 8},
    {DType::kFloat8E4M3Fn, "float8_e4m3fn", 1},
    {DType::kFloat8E4M3FnUz, "float8_e4m3fnuz", 1},
    {DType::kFloat8E5M2, "float8_e5m2", 1},
    {DType::kFloat8E5M2FnUz, "float8_e5m2fnuz", 1},
    {DType::kFloat8E8M0Fnu, "float8_e8m0fnu", 1},
    {DType::kFloat16, "float16", 2},
    {DType::kBfloat16, "bfloat16", 2},
    {DType::kFloat32, "float32", 4},
    {DType::kFloat64, "float64", 8},
    {DType::kComplex64, "complex64", 8},
    {DType::kComplex128, "complex128", 16},
}};

constexpr bool RowsAreInOrder() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].dtype != static_cast<DType>(i)) return false;
  }
  return true;
}
static_assert(RowsAreInOrder());

const DTypeRow& Row(DType dtype) {
  return kRows[static_cast<size_t>(dtype)];
}

}  // namespace

int64_t ItemSize(DType dtype) {
  return Row(dtype).item_size;
}

absl::string_view DTypeName(DType dtype) {
  return Row(dtype).name;
}

std::optional<DType> ParseDType(absl::string_view name) {
  for (const DTypeRow& row : kRows) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

absl::Span<const DType> AllDTypes() {
  static constexpr auto kAll = [] {
    std::array<DType, kRows.size()> all{};
    for (size_t i = 0; i < all.size(); ++i) all[i] = kRows[i].dtype;
    return all;
  }();
  return kAll;
}

bool IsComplex(DType dtype) {
  return dtype == DType::kComplex64 || dtype == DType::kComplex128;
}

int64_t NumberSize(DType dtype) {
  return IsComplex(dtype) ? ItemSize(dtype) / 2 : ItemSize(dtype);
}

bool IsFloatingPoint(DType dtype) {
  return dtype >= DType::kFloat8E4M3Fn && dtype <= DType::kFloat64;
}

absl::StatusOr<int64_t> ElementCount(absl::Span<const int64_t> shape) {
  bool empty = false;
  for (int64_t extent : shape) {
    if (extent < 0) return absl::DataLossError(absl::StrCat("shape ", ShapeToString(shape), " has a negative extent"));
    empty |= extent == 0;
  }
  if (empty) return 0;
  int64_t count = 1;
  for (int64_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) {
      return absl::DataLossError(absl::StrCat("shape ", ShapeToString(shape), " has more than 2^63 elements"));
    }
  }
  return count;
}

absl::StatusOr<int64_t> ByteSize(const TensorSpec& spec) {
  absl::StatusOr<int64_t> size = ElementCount(spec.shape);
  if (size.ok() && __builtin_mul_overflow(*size, ItemSize(spec.dtype), &*size)) {
    return absl::DataLossError(absl::StrCat(ToString(spec), " has more than 2^63 bytes"));
  }
  return size;
}

std::string ShapeToString(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

std::string ToString(const TensorSpec& spec) {
  return absl::StrCat(DTypeName(spec.dtype), " ", ShapeToString(spec.shape));
}

}  // namespace weighbridge
