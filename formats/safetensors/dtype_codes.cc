#include "formats/safetensors/dtype_codes.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// In the order of safetensors 0.8.0, seen in what it writes.
constexpr std::array<DTypeCode, 19> kCodes = {{
    {DType::kBool, "BOOL", 0},
    {DType::kUint8, "U8", 1},
    {DType::kInt8, "I8", 2},
    {DType::kFloat8E5M2, "F8_E5M2", 3},
    {DType::kFloat8E4M3Fn, "F8_E4M3", 4},
    {DType::kFloat8E8M0Fnu, "F8_E8M0", 5},
    {DType::kFloat8E4M3FnUz, "F8_E4M3FNUZ", 6},
    {DType::kFloat8E5M2FnUz, "F8_E5M2FNUZ", 7},
    {DType::kInt16, "I16", 8},
    {DType::kUint16, "U16", 9},
    {DType::kFloat16, "F16", 10},
    {DType::kBfloat16, "BF16", 11},
    {DType::kInt32, "I32", 12},
    {DType::kUint32, "U32", 13},
    {DType::kFloat32, "F32", 14},
    {DType::kComplex64, "C64", 15},
    {DType::kFloat64, "F64", 16},
    {DType::kInt64, "I64", 17},
    {DType::kUint64, "U64", 18},
}};

}  // namespace

absl::StatusOr<DTypeCode> DecodeDType(absl::string_view code) {
  for (const DTypeCode& row : kCodes) {
    if (row.code == code) return row;
  }
  for (absl::string_view sub_byte : {"F4", "F6_E2M3", "F6_E3M2"}) {
    if (code == sub_byte)
      return absl::UnimplementedError(absl::StrCat("dtype ", code, " has elements of less than a byte, which are not read"));
  }
  const bool plausible = !code.empty() && code.size() < 32 && std::all_of(code.begin(), code.end(), [](char c) {
    return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
  });
  if (plausible) return absl::UnimplementedError(absl::StrCat("dtype ", code, " is not known; a later version of safetensors may have it"));
  return absl::DataLossError(absl::StrCat("\"", code, "\" is not a dtype"));
}

absl::StatusOr<DTypeCode> EncodeDType(DType dtype) {
  for (const DTypeCode& row : kCodes) {
    if (row.dtype == dtype) return row;
  }
  return absl::UnimplementedError(absl::StrCat("safetensors has no ", DTypeName(dtype)));
}

}  // namespace weighbridge
