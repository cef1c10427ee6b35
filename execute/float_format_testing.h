#ifndef WEIGHBRIDGE_EXECUTE_FLOAT_FORMAT_TESTING_H_
#define WEIGHBRIDGE_EXECUTE_FLOAT_FORMAT_TESTING_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace weighbridge {

// For tests: a floating-point format by its definition, in plain double arithmetic. The rules of Cast and Add are those of
// expr/operation.h.
struct FloatFormat {
  int exponent_bits;
  int mantissa_bits;
  bool nan_has_sign;

  uint32_t sign_bit() const { return uint32_t{1} << (exponent_bits + mantissa_bits); }
  uint32_t infinity() const { return ((uint32_t{1} << exponent_bits) - 1) << mantissa_bits; }
  bool IsNan(uint32_t bits) const { return (bits & ~sign_bit()) > infinity(); }
  uint32_t Nan(bool negative) const {
    return (negative && nan_has_sign ? sign_bit() : 0) | infinity() | uint32_t{1} << (mantissa_bits - 1);
  }

  // Of the least normal number.
  int least_exponent() const { return 2 - (1 << (exponent_bits - 1)); }

  // Of finite bits without sign; of infinity's too, as if exponents went on: rounding passes to it where it would pass to that value.
  double Magnitude(uint32_t bits) const {
    const int exponent = static_cast<int>(bits >> mantissa_bits);
    const uint32_t mantissa = bits & ((uint32_t{1} << mantissa_bits) - 1);
    if (exponent == 0) return std::ldexp(mantissa, least_exponent() - mantissa_bits);
    return std::ldexp(mantissa + (uint32_t{1} << mantissa_bits), exponent - 1 + least_exponent() - mantissa_bits);
  }

  double Value(uint32_t bits) const {
    if (IsNan(bits)) return std::numeric_limits<double>::quiet_NaN();
    const uint32_t magnitude = bits & ~sign_bit();
    const double value = magnitude == infinity() ? std::numeric_limits<double>::infinity() : Magnitude(magnitude);
    return (bits & sign_bit()) != 0 ? -value : value;
  }

  // The bits of the nearest value, the even one of two; of a NaN, Nan with its sign.
  uint32_t Nearest(double value) const {
    if (std::isnan(value)) return Nan(std::signbit(value));
    const uint32_t sign = std::signbit(value) ? sign_bit() : 0;
    const double magnitude = std::fabs(value);
    if (magnitude == 0) return sign;
    if (magnitude >= Magnitude(infinity())) return sign | infinity();
    const int exponent = std::max(std::ilogb(magnitude), least_exponent());
    const double units = std::nearbyint(std::ldexp(magnitude, mantissa_bits - exponent));
    // The leading bit, which a subnormal has not, adds one to the exponent, and so does a carry.
    return sign | ((static_cast<uint32_t>(exponent - least_exponent()) << mantissa_bits) + static_cast<uint32_t>(units));
  }

  // The exact sum of two values of this format, rounded once. A double holds it exactly, or else the smaller operand lies so far below the
  // larger one's last place that rounding the double gives the same.
  uint32_t Sum(uint32_t left, uint32_t right) const {
    const double sum = Value(left) + Value(right);
    if (!std::isnan(sum)) return Nearest(sum);
    const bool opposite_infinities = !IsNan(left) && !IsNan(right);
    return Nan(opposite_infinities || ((IsNan(left) ? left : right) & sign_bit()) != 0);
  }
};

inline constexpr FloatFormat kFloat16Format = {5, 10, true};
inline constexpr FloatFormat kBfloat16Format = {8, 7, false};
inline constexpr FloatFormat kFloat32Format = {8, 23, true};

inline std::vector<uint16_t> All16() {
  std::vector<uint16_t> all(0x10000);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  return all;
}

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_FLOAT_FORMAT_TESTING_H_
