#ifndef WEIGHBRIDGE_EXPR_FLOAT_BITS_H_
#define WEIGHBRIDGE_EXPR_FLOAT_BITS_H_

#include <bit>
#include <cmath>
#include <cstdint>

namespace weighbridge {

// Casts and sums of single elements, given and returned as their bits: the rules of expr/expr.h (Cast, Add) in the plainest code there
// is. The kernels do whole arrays of them, faster; they use these for what does not fill a vector.

inline constexpr uint32_t kFloat32Infinity = 0x7f80'0000;
inline constexpr uint32_t kFloat32QuietBit = 0x0040'0000;

inline bool IsNan(uint32_t float32) {
  return (float32 & 0x7fff'ffff) > kFloat32Infinity;
}

// `value` / 2^shift, rounded to nearest even. 1 <= shift <= 24.
inline uint32_t RoundedShift(uint32_t value, int shift) {
  const uint32_t half = uint32_t{1} << (shift - 1);
  const uint32_t rest = value & (2 * half - 1);
  const uint32_t down = value >> shift;
  return rest > half || (rest == half && down % 2 == 1) ? down + 1 : down;
}

inline uint32_t Float32FromFloat16(uint16_t float16) {
  const uint32_t sign = uint32_t{float16} >> 15 << 31;
  const uint32_t exponent = float16 >> 10 & 0x1f;
  const uint32_t mantissa = float16 & 0x3ff;
  if (exponent == 0) return sign | std::bit_cast<uint32_t>(static_cast<float>(mantissa) * 0x1p-24f);
  if (exponent < 0x1f) return sign | (exponent - 15 + 127) << 23 | mantissa << 13;
  return sign | kFloat32Infinity | mantissa << 13 | (mantissa != 0 ? kFloat32QuietBit : 0);
}

inline uint32_t Float32FromBfloat16(uint16_t bfloat16) {
  const uint32_t float32 = uint32_t{bfloat16} << 16;
  return IsNan(float32) ? float32 | kFloat32QuietBit : float32;
}

inline uint16_t Float16FromFloat32(uint32_t float32) {
  const uint32_t sign = float32 >> 31 << 15;
  const uint32_t magnitude = float32 & 0x7fff'ffff;
  const int exponent = static_cast<int>(magnitude >> 23) - 127;
  if (IsNan(float32)) return sign | 0x7e00;
  if (exponent > 15) return sign | 0x7c00;
  if (exponent < -25) return sign;
  const uint32_t significand = (magnitude & 0x7f'ffff) | 0x80'0000;
  if (exponent < -14) return sign | RoundedShift(significand, 13 + (-14 - exponent));
  // The leading bit adds the last unit of the exponent; a carry out of the mantissa goes there too, up to infinity.
  return sign | (((exponent + 14) << 10) + RoundedShift(significand, 13));
}

inline uint16_t Bfloat16FromFloat32(uint32_t float32) {
  return IsNan(float32) ? 0x7fc0 : RoundedShift(float32, 16);
}

inline uint32_t Float32FromFloat64(uint64_t float64) {
  const double value = std::bit_cast<double>(float64);
  if (std::isnan(value)) return static_cast<uint32_t>(float64 >> 63 << 31) | kFloat32Infinity | kFloat32QuietBit;
  return std::bit_cast<uint32_t>(static_cast<float>(value));
}

// Rounded to odd: the neighbour with an odd mantissa unless the value is exact. Rounding this once more, to fewer than 22 bits, gives what
// rounding the float64 itself would.
inline uint32_t Float32FromFloat64ToOdd(uint64_t float64) {
  const uint32_t nearest = Float32FromFloat64(float64);
  const double value = std::bit_cast<double>(float64);
  const double rounded = std::bit_cast<float>(nearest);
  if (std::isnan(value) || rounded == value || nearest % 2 == 1) return nearest;
  return std::fabs(rounded) < std::fabs(value) ? nearest + 1 : nearest - 1;
}

inline uint16_t Float16FromFloat64(uint64_t float64) {
  return Float16FromFloat32(Float32FromFloat64ToOdd(float64));
}

inline uint16_t Bfloat16FromFloat64(uint64_t float64) {
  return Bfloat16FromFloat32(Float32FromFloat64ToOdd(float64));
}

inline uint32_t AddFloat32(uint32_t left, uint32_t right) {
  const uint32_t sum = std::bit_cast<uint32_t>(std::bit_cast<float>(left) + std::bit_cast<float>(right));
  if (!IsNan(sum)) return sum;
  const uint32_t sign_of = IsNan(left) ? left : IsNan(right) ? right : 0x8000'0000;
  return (sign_of & 0x8000'0000) | kFloat32Infinity | kFloat32QuietBit;
}

// The sum rounded to float32, then to 16 bits, is the exact sum rounded once: float32 has more than twice the digits, and two.
inline uint16_t AddFloat16(uint16_t left, uint16_t right) {
  return Float16FromFloat32(AddFloat32(Float32FromFloat16(left), Float32FromFloat16(right)));
}

inline uint16_t AddBfloat16(uint16_t left, uint16_t right) {
  return Bfloat16FromFloat32(AddFloat32(Float32FromBfloat16(left), Float32FromBfloat16(right)));
}

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXPR_FLOAT_BITS_H_
