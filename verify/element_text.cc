#include "verify/element_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// A floating-point format of at most 16 bits: sign (not in E8M0), exponent, mantissa.
struct SmallFloat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  // What the largest exponent means, and the encoding of minus zero where it is not zero.
  enum class Specials { kIeee, kNanIsAllOnes, kNanIsMinusZero, kScale } specials;
};

SmallFloat SmallFloatOf(DType dtype) {
  using enum SmallFloat::Specials;
  switch (dtype) {
    case DType::kFloat16:
      return {5, 10, 15, kIeee};
    case DType::kBfloat16:
      return {8, 7, 127, kIeee};
    case DType::kFloat8E4M3Fn:
      return {4, 3, 7, kNanIsAllOnes};
    case DType::kFloat8E4M3FnUz:
      return {4, 3, 8, kNanIsMinusZero};
    case DType::kFloat8E5M2:
      return {5, 2, 15, kIeee};
    case DType::kFloat8E5M2FnUz:
      return {5, 2, 16, kNanIsMinusZero};
    default:
      return {8, 0, 127, kScale};
  }
}

double Decode(const SmallFloat& format, uint32_t bits) {
  using enum SmallFloat::Specials;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const uint32_t exponent_mask = (1U << format.exponent_bits) - 1;
  if (format.specials == kScale) return bits == exponent_mask ? nan : std::ldexp(1, static_cast<int>(bits) - format.bias);
  const uint32_t mantissa = bits & ((1U << format.mantissa_bits) - 1);
  const uint32_t exponent = bits >> format.mantissa_bits & exponent_mask;
  const uint32_t sign_bit = 1U << (format.exponent_bits + format.mantissa_bits);
  const double sign = (bits & sign_bit) != 0 ? -1 : 1;
  if (format.specials == kNanIsMinusZero && bits == sign_bit) return nan;
  if (format.specials == kNanIsAllOnes && (bits | sign_bit) == 2 * sign_bit - 1) return nan;
  if (format.specials == kIeee && exponent == exponent_mask) return mantissa != 0 ? nan : sign * std::numeric_limits<double>::infinity();
  const uint32_t leading = exponent != 0 ? 1U << format.mantissa_bits : 0;
  const int scale = (exponent != 0 ? static_cast<int>(exponent) : 1) - format.bias - format.mantissa_bits;
  return sign * std::ldexp(leading + mantissa, scale);
}

template <typename Float>
std::string Shortest(Float value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 64> text;
  return std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

// The shortest number that lies nearer to this value than to its neighbours, or as near and this one is even.
std::string Shortest(const SmallFloat& format, uint32_t bits) {
  const double value = Decode(format, bits);
  if (!std::isfinite(value) || value == 0) return Shortest(value);
  const double below = Decode(format, bits - 1);
  const double next = Decode(format, bits + 1);
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

template <typename Integer>
Integer Load(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(Integer); ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return static_cast<Integer>(value);
}

std::string Hexadecimal(absl::string_view bytes) {
  std::string text = "0x";
  for (size_t i = bytes.size(); i-- > 0;) absl::StrAppend(&text, absl::Hex(static_cast<unsigned char>(bytes[i]), absl::kZeroPad2));
  return text;
}

std::string ValueToText(DType dtype, absl::string_view bytes) {
  switch (dtype) {
    case DType::kBool:
      return bytes[0] == 0 ? "false" : "true";
    case DType::kUint8:
    case DType::kUint16:
    case DType::kUint32:
    case DType::kUint64: {
      std::string padded(bytes);
      padded.resize(8, '\0');
      return absl::StrCat(Load<uint64_t>(padded));
    }
    case DType::kInt8:
      return absl::StrCat(int{Load<int8_t>(bytes)});
    case DType::kInt16:
      return absl::StrCat(int{Load<int16_t>(bytes)});
    case DType::kInt32:
      return absl::StrCat(Load<int32_t>(bytes));
    case DType::kInt64:
      return absl::StrCat(Load<int64_t>(bytes));
    case DType::kFloat32:
      return Shortest(std::bit_cast<float>(Load<uint32_t>(bytes)));
    case DType::kFloat64:
      return Shortest(std::bit_cast<double>(Load<uint64_t>(bytes)));
    case DType::kFloat16:
    case DType::kBfloat16:
      return Shortest(SmallFloatOf(dtype), Load<uint16_t>(bytes));
    case DType::kComplex64:
    case DType::kComplex128: {
      const DType part = dtype == DType::kComplex64 ? DType::kFloat32 : DType::kFloat64;
      const size_t size = bytes.size() / 2;
      const std::string imaginary = ValueToText(part, bytes.substr(size));
      return absl::StrCat(ValueToText(part, bytes.substr(0, size)), imaginary[0] == '-' ? "" : "+", imaginary, "j");
    }
    default:
      return Shortest(SmallFloatOf(dtype), Load<uint8_t>(bytes));
  }
}

}  // namespace

std::string ElementToText(DType dtype, absl::string_view bytes) {
  const bool is_complex = dtype == DType::kComplex64 || dtype == DType::kComplex128;
  const size_t half = bytes.size() / 2;
  const std::string bits =
      is_complex ? absl::StrCat(Hexadecimal(bytes.substr(0, half)), ", ", Hexadecimal(bytes.substr(half))) : Hexadecimal(bytes);
  return absl::StrCat(ValueToText(dtype, bytes), " (", bits, ")");
}

}  // namespace weighbridge
