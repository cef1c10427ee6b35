#include "verify/reference/number.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "formats/tensor_spec.h"
#include "verify/reference/arithmetic.h"

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

template <typename Value>
Value Load(const char* bytes) {
  Value value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

template <typename Value>
void DecodeAs(const char* numbers, int64_t count, double* values) {
  for (int64_t i = 0; i < count; ++i) values[i] = static_cast<double>(Load<Value>(numbers + i * static_cast<int64_t>(sizeof(Value))));
}

// By way of float32, which holds every value.
void DecodeHalf(DType dtype, const char* numbers, int64_t count, double* values) {
  constexpr int64_t kBlock = 1024;
  std::array<float, kBlock> block;
  for (int64_t done = 0; done < count; done += kBlock) {
    const int64_t part = std::min(kBlock, count - done);
    ReferenceCast(dtype, DType::kFloat32, numbers + 2 * done, reinterpret_cast<char*>(block.data()), part);
    for (int64_t i = 0; i < part; ++i) values[done + i] = block[static_cast<size_t>(i)];
  }
}

// Numbers in the order of their values: equal integers for equal values.
template <typename Bits>
int64_t SignAndMagnitude(const char* bytes) {
  const auto bits = Load<Bits>(bytes);
  constexpr Bits kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  const auto magnitude = static_cast<int64_t>(bits & static_cast<Bits>(~kSign));
  return (bits & kSign) != 0 ? -magnitude : magnitude;
}

template <typename Integer>
uint64_t Distance(Integer left, Integer right) {
  const uint64_t difference = static_cast<uint64_t>(left) - static_cast<uint64_t>(right);
  return left < right ? ~difference + 1 : difference;
}

template <typename Bits>
uint64_t FloatDistance(const char* left, const char* right) {
  return Distance(SignAndMagnitude<Bits>(left), SignAndMagnitude<Bits>(right));
}

template <typename Integer>
uint64_t IntegerDistance(const char* left, const char* right) {
  return Distance(Load<Integer>(left), Load<Integer>(right));
}

}  // namespace

int64_t NumbersPerElement(DType dtype) {
  return NumberDType(dtype) == dtype ? 1 : 2;
}

DType NumberDType(DType dtype) {
  if (dtype == DType::kComplex64) return DType::kFloat32;
  return dtype == DType::kComplex128 ? DType::kFloat64 : dtype;
}

void DecodeNumbers(DType dtype, const char* numbers, int64_t count, double* values) {
  switch (dtype) {
    case DType::kBool:
      for (int64_t i = 0; i < count; ++i) values[i] = numbers[i] != 0 ? 1 : 0;
      return;
    case DType::kUint8:
      return DecodeAs<uint8_t>(numbers, count, values);
    case DType::kInt8:
      return DecodeAs<int8_t>(numbers, count, values);
    case DType::kUint16:
      return DecodeAs<uint16_t>(numbers, count, values);
    case DType::kInt16:
      return DecodeAs<int16_t>(numbers, count, values);
    case DType::kUint32:
      return DecodeAs<uint32_t>(numbers, count, values);
    case DType::kInt32:
      return DecodeAs<int32_t>(numbers, count, values);
    case DType::kUint64:
      return DecodeAs<uint64_t>(numbers, count, values);
    case DType::kInt64:
      return DecodeAs<int64_t>(numbers, count, values);
    case DType::kFloat32:
    case DType::kComplex64:
      return DecodeAs<float>(numbers, count, values);
    case DType::kFloat64:
    case DType::kComplex128:
      return DecodeAs<double>(numbers, count, values);
    case DType::kFloat16:
    case DType::kBfloat16:
      return DecodeHalf(dtype, numbers, count, values);
    default:
      for (int64_t i = 0; i < count; ++i) values[i] = DecodeSmallFloat(dtype, static_cast<unsigned char>(numbers[i]));
  }
}

double LeastNormal(DType dtype) {
  if (!IsFloatingPoint(dtype) || dtype == DType::kFloat8E8M0Fnu) return 0;
  if (dtype == DType::kFloat32) return std::numeric_limits<float>::min();
  if (dtype == DType::kFloat64) return std::numeric_limits<double>::min();
  return std::ldexp(1, 1 - SmallFloatOf(dtype).bias);
}

uint64_t UlpDistance(DType dtype, const char* left, const char* right) {
  switch (dtype) {
    case DType::kInt8:
      return IntegerDistance<int8_t>(left, right);
    case DType::kInt16:
      return IntegerDistance<int16_t>(left, right);
    case DType::kInt32:
      return IntegerDistance<int32_t>(left, right);
    case DType::kInt64:
      return IntegerDistance<int64_t>(left, right);
    case DType::kUint16:
      return IntegerDistance<uint16_t>(left, right);
    case DType::kUint32:
      return IntegerDistance<uint32_t>(left, right);
    case DType::kUint64:
      return IntegerDistance<uint64_t>(left, right);
    case DType::kFloat16:
    case DType::kBfloat16:
      return FloatDistance<uint16_t>(left, right);
    case DType::kFloat32:
      return FloatDistance<uint32_t>(left, right);
    case DType::kFloat64:
      return FloatDistance<uint64_t>(left, right);
    case DType::kBool:
    case DType::kUint8:
    case DType::kFloat8E8M0Fnu:
      return IntegerDistance<uint8_t>(left, right);
    default:
      return FloatDistance<uint8_t>(left, right);
  }
}

double DecodeSmallFloat(DType dtype, uint32_t bits) {
  using enum SmallFloat::Specials;
  const SmallFloat format = SmallFloatOf(dtype);
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

}  // namespace weighbridge
