#include "formats/numpy/numpy_dtype.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {
namespace {

struct DTypeText {
  absl::string_view text;
  DType dtype;
};

constexpr DTypeText kDTypeTexts[] = {
    {"f2", DType::kFloat16}, {"f4", DType::kFloat32}, {"f8", DType::kFloat64},   {"i1", DType::kInt8},        {"i2", DType::kInt16},
    {"i4", DType::kInt32},   {"i8", DType::kInt64},   {"u1", DType::kUint8},     {"u2", DType::kUint16},      {"u4", DType::kUint32},
    {"u8", DType::kUint64},  {"b1", DType::kBool},    {"c8", DType::kComplex64}, {"c16", DType::kComplex128}, {"?", DType::kBool},
};

}  // namespace

std::optional<DType> ParseNumpyDType(absl::string_view text) {
  for (const DTypeText& known : kDTypeTexts) {
    if (known.text == text) return known.dtype;
  }
  return std::nullopt;
}

bool IsOtherNumpyDType(absl::string_view text) {
  for (const absl::string_view longer : {"f12", "f16", "c24", "c32"}) {
    if (text == longer) return true;
  }
  constexpr size_t kDigits = 10;
  return !text.empty() && text.size() <= 1 + kDigits && absl::StrContains("OVSUMma", text.substr(0, 1)) &&
         std::all_of(text.begin() + 1, text.end(), absl::ascii_isdigit);
}

}  // namespace weighbridge::pickle
