#include "verify/explain/element_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "verify/reference/number.h"

namespace weighbridge {
namespace {

template <typename Float>
std::string Shortest(Float value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 64> text;
  return std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

// The shortest number that lies nearer to this value than to its neighbours, or as near and this one is even.
std::string ShortestSmall(DType dtype, uint32_t bits) {
  const double value = DecodeSmallFloat(dtype, bits);
  if (!std::isfinite(value) || value == 0) return Shortest(value);
  const double below = DecodeSmallFloat(dtype, bits - 1);
  const double next = DecodeSmallFloat(dtype, bits + 1);
  // Beyond the largest finite value rounding goes on as if there were one more.
  const double above = std::isfinite(next) ? next : 2 * value - below;
  for (int digits = 1; digits < 17; ++digits) {
    std::array<char, 64> buffer;
    char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, digits).ptr;
    double parsed = 0;
    std::from_chars(buffer.data(), end, parsed);
    const double error = std::fabs(parsed - value);
    const auto nearer_than = [&](double other) {
      const double distance = std::fabs(parsed - other);
      return error < distance || (error == distance && bits % 2 == 0);
    };
    if (nearer_than(above) && nearer_than(below)) return Shortest(parsed);
  }
  return Shortest(value);
}

// At most 8 bytes, little-endian.
uint64_t Load(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

std::string Hexadecimal(absl::string_view bytes) {
  std::string text = "0x";
  for (size_t i = bytes.size(); i-- > 0;) absl::StrAppend(&text, absl::Hex(static_cast<unsigned char>(bytes[i]), absl::kZeroPad2));
  return text;
}

}  // namespace

std::string ValueToText(DType dtype, absl::string_view bytes) {
  switch (dtype) {
    case DType::kBool:
      return bytes[0] == 0 ? "false" : "true";
    case DType::kUint8:
    case DType::kUint16:
    case DType::kUint32:
    case DType::kUint64:
      return absl::StrCat(Load(bytes));
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64: {
      const size_t unused = 64 - 8 * bytes.size();
      return absl::StrCat(static_cast<int64_t>(Load(bytes) << unused) >> unused);
    }
    case DType::kFloat32:
      return Shortest(std::bit_cast<float>(static_cast<uint32_t>(Load(bytes))));
    case DType::kFloat64:
      return Shortest(std::bit_cast<double>(Load(bytes)));
    case DType::kComplex64:
    case DType::kComplex128: {
      const DType part = NumberDType(dtype);
      const size_t size = bytes.size() / 2;
      const std::string imaginary = ValueToText(part, bytes.substr(size));
      return absl::StrCat(ValueToText(part, bytes.substr(0, size)), imaginary[0] == '-' ? "" : "+", imaginary, "j");
    }
    default:
      return ShortestSmall(dtype, static_cast<uint32_t>(Load(bytes)));
  }
}

std::string BitsToText(DType dtype, absl::string_view bytes) {
  const size_t half = bytes.size() / 2;
  if (NumberDType(dtype) == dtype) return Hexadecimal(bytes);
  return absl::StrCat(Hexadecimal(bytes.substr(0, half)), ", ", Hexadecimal(bytes.substr(half)));
}

std::string ElementToText(DType dtype, absl::string_view bytes) {
  return absl::StrCat(ValueToText(dtype, bytes), " (", BitsToText(dtype, bytes), ")");
}

}  // namespace weighbridge
