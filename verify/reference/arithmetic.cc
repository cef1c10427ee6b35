#include "verify/reference/arithmetic.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "formats/tensor_spec.h"
#include "verify/reference/wide_vectors.h"

namespace weighbridge {
namespace {

// All loops are free of branches, so that the compiler makes vectors of them, and are always inlined into CallWithWideVectors at the end.

// A binary interchange format: how a value is decoded, exactly, and which bits are NaN. kPrecision counts the leading bit.
struct Float16 {
  using Bits = uint16_t;
  static constexpr int kPrecision = 11;
  static constexpr int kLeastExponent = -14;
  static constexpr int kGreatestExponent = 15;
  [[gnu::always_inline]] static Bits Nan(uint32_t sign) { return static_cast<Bits>(sign << 15 | 0x7e00); }
  [[gnu::always_inline]] static float Decode(Bits bits) {
    const uint32_t magnitude = bits & 0x7fffU;
    constexpr uint32_t kRebias = uint32_t{127 - 15} << 23;
    const uint32_t normal = (magnitude << 13) + kRebias;
    const uint32_t subnormal = std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24F);
    // The greatest exponent is moved on to float32's, and NaN is quiet.
    const uint32_t special = uint32_t{magnitude >= 0x7c00U} * kRebias;
    const uint32_t quiet = uint32_t{magnitude > 0x7c00U} << 22;
    const uint32_t value = ((magnitude < 0x400U ? subnormal : normal) + special) | quiet;
    return std::bit_cast<float>(value | (bits & 0x8000U) << 16);
  }
};

struct Bfloat16 {
  using Bits = uint16_t;
  static constexpr int kPrecision = 8;
  static constexpr int kLeastExponent = -126;
  static constexpr int kGreatestExponent = 127;
  [[gnu::always_inline]] static Bits Nan(uint32_t) { return 0x7fc0; }
  [[gnu::always_inline]] static float Decode(Bits bits) {
    const uint32_t quiet = (bits & 0x7fffU) > 0x7f80U ? 0x40'0000U : 0U;
    return std::bit_cast<float>(uint32_t{bits} << 16 | quiet);
  }
};

struct Float32 {
  using Bits = uint32_t;
  static constexpr int kPrecision = 24;
  static constexpr int kLeastExponent = -126;
  static constexpr int kGreatestExponent = 127;
  [[gnu::always_inline]] static Bits Nan(uint32_t sign) { return sign << 31 | 0x7fc0'0000U; }
  [[gnu::always_inline]] static float Decode(Bits bits) { return std::bit_cast<float>(bits); }
};

struct Float64 {
  using Bits = uint64_t;
  [[gnu::always_inline]] static double Decode(Bits bits) { return std::bit_cast<double>(bits); }
};

// Rounds `value`, which is no NaN, to format F. Adding a power of two that is so large that the sum's last bit weighs as much as the last
// bit of F at this magnitude makes the processor round to nearest even there. The sum's low bits are then F's significand, and its
// exponent is F's but for a constant; a carry out of the significand goes into the exponent, up to infinity.
template <typename F, typename Value>
[[gnu::always_inline]] inline typename F::Bits Round(Value value) {
  using Word = std::conditional_t<sizeof(Value) == 4, uint32_t, uint64_t>;
  constexpr int kDigits = std::numeric_limits<Value>::digits;
  constexpr int kBias = std::numeric_limits<Value>::max_exponent - 1;
  constexpr int kWidth = static_cast<int>(8 * sizeof(Value));
  constexpr int kDropped = kDigits - F::kPrecision;
  static_assert(F::kGreatestExponent + 1 + kDropped <= kBias);
  constexpr auto kPowerOfTwo = [](int exponent) { return std::bit_cast<Value>(static_cast<Word>(exponent + kBias) << (kDigits - 1)); };
  constexpr Value kInfinity = kPowerOfTwo(F::kGreatestExponent + 1);
  constexpr Value kLeastNormal = kPowerOfTwo(F::kLeastExponent);
  constexpr Word kExponentMask = std::bit_cast<Word>(std::numeric_limits<Value>::infinity());

  const Word bits = std::bit_cast<Word>(value);
  const Word sign = bits >> (kWidth - 1);
  const Value unclamped = std::bit_cast<Value>(bits & ~(Word{1} << (kWidth - 1)));
  const Value magnitude = unclamped < kInfinity ? unclamped : kInfinity;
  const Value scale = magnitude > kLeastNormal ? magnitude : kLeastNormal;
  const Value power = std::bit_cast<Value>((std::bit_cast<Word>(scale) & kExponentMask) + (static_cast<Word>(kDropped) << (kDigits - 1)));
  const Word sum = std::bit_cast<Word>(magnitude + power);
  const Word significand = sum & ((Word{1} << (F::kPrecision + 1)) - 1);
  const Word exponent = (sum >> kDropped) - (static_cast<Word>(F::kLeastExponent + kDropped + kBias) << (F::kPrecision - 1));
  return static_cast<typename F::Bits>((exponent + significand) | sign << (8 * sizeof(typename F::Bits) - 1));
}

template <typename Bits>
[[gnu::always_inline]] inline Bits Load(const char* elements, int64_t index) {
  Bits bits;
  std::memcpy(&bits, elements + index * static_cast<int64_t>(sizeof(Bits)), sizeof(Bits));
  return bits;
}

template <typename Bits>
[[gnu::always_inline]] inline void Store(Bits bits, char* elements, int64_t index) {
  std::memcpy(elements + index * static_cast<int64_t>(sizeof(Bits)), &bits, sizeof(Bits));
}

template <typename From, typename To>
[[gnu::always_inline]] inline void NarrowLoop(const char* __restrict in, char* __restrict out, int64_t count) {
  // The narrowest format in which the rounding power of two exists.
  using Value = std::conditional_t<std::is_same_v<To, Float16> && !std::is_same_v<From, Float64>, float, double>;
  for (int64_t i = 0; i < count; ++i) {
    const auto bits = Load<typename From::Bits>(in, i);
    const Value value = From::Decode(bits);
    const auto nan = To::Nan(static_cast<uint32_t>(bits >> (8 * sizeof(bits) - 1)));
    const auto rounded = Round<To, Value>(value);
    Store<typename To::Bits>(std::isnan(value) ? nan : rounded, out, i);
  }
}

template <typename From>
[[gnu::always_inline]] inline void WidenLoop(const char* __restrict in, char* __restrict out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) Store(std::bit_cast<uint32_t>(From::Decode(Load<typename From::Bits>(in, i))), out, i);
}

// Both values exactly, in the wider of the two formats. NaN before stays NaN, which is unequal to itself.
template <typename From, typename To>
[[gnu::always_inline]] inline CastLoss LossLoop(const char* __restrict in, const char* __restrict out, int64_t count) {
  using Value = decltype(From::Decode({}) + To::Decode({}));
  constexpr Value kInfinity = std::numeric_limits<Value>::infinity();
  constexpr int64_t kBlock = 4096;  // Counters of 32 bits keep the vectors full.
  CastLoss loss;
  for (int64_t done = 0; done < count; done += kBlock) {
    const int64_t end = std::min(count, done + kBlock);
    uint32_t changed = 0;
    uint32_t saturated = 0;
    uint32_t flushed = 0;
    for (int64_t i = done; i < end; ++i) {
      const Value before = From::Decode(Load<typename From::Bits>(in, i));
      const Value after = To::Decode(Load<typename To::Bits>(out, i));
      const Value magnitude = std::fabs(after);
      changed += uint32_t{before < after} + uint32_t{before > after};
      saturated += uint32_t{magnitude == kInfinity} & uint32_t{std::fabs(before) < kInfinity};
      flushed += uint32_t{magnitude == 0} & uint32_t{std::fabs(before) > 0};
    }
    loss.Add({.changed = changed, .saturated = saturated, .flushed = flushed});
  }
  return loss;
}

// In double the sum of two float16 is exact. Of two bfloat16 or float32 it may be rounded to 53 digits, which changes nothing when it is
// then rounded to p digits and 53 >= 2p + 2.
template <typename F>
[[gnu::always_inline]] inline void AddLoop(const char* left, const char* right, char* out, int64_t count) {
  constexpr int kSignBit = 8 * sizeof(typename F::Bits) - 1;
  for (int64_t i = 0; i < count; ++i) {
    const auto left_bits = Load<typename F::Bits>(left, i);
    const auto right_bits = Load<typename F::Bits>(right, i);
    const double left_value = F::Decode(left_bits);
    const double right_value = F::Decode(right_bits);
    const double sum = left_value + right_value;
    const uint32_t right_sign = std::isnan(right_value) ? static_cast<uint32_t>(right_bits >> kSignBit) : 1U;
    const uint32_t nan_sign = std::isnan(left_value) ? static_cast<uint32_t>(left_bits >> kSignBit) : right_sign;
    const auto nan = F::Nan(nan_sign);
    const auto rounded = Round<F, double>(sum);
    Store<typename F::Bits>(std::isnan(sum) ? nan : rounded, out, i);
  }
}

template <typename To>
[[gnu::always_inline]] inline void CastTo(DType from, const char* in, char* out, int64_t count) {
  constexpr bool kWidens = std::is_same_v<To, Float32>;
  if (from == DType::kFloat16) {
    if constexpr (kWidens) return WidenLoop<Float16>(in, out, count);
    return NarrowLoop<Float16, To>(in, out, count);
  }
  if (from == DType::kBfloat16) {
    if constexpr (kWidens) return WidenLoop<Bfloat16>(in, out, count);
    return NarrowLoop<Bfloat16, To>(in, out, count);
  }
  if (from == DType::kFloat32) return NarrowLoop<Float32, To>(in, out, count);
  assert(from == DType::kFloat64);
  NarrowLoop<Float64, To>(in, out, count);
}

template <typename To>
[[gnu::always_inline]] inline CastLoss LossTo(DType from, const char* in, const char* out, int64_t count) {
  if (from == DType::kFloat16) return LossLoop<Float16, To>(in, out, count);
  if (from == DType::kBfloat16) return LossLoop<Bfloat16, To>(in, out, count);
  return from == DType::kFloat32 ? LossLoop<Float32, To>(in, out, count) : LossLoop<Float64, To>(in, out, count);
}

[[gnu::always_inline]] inline void Cast(DType from, DType to, const char* in, char* out, int64_t count) {
  if (to == DType::kFloat16) return CastTo<Float16>(from, in, out, count);
  if (to == DType::kBfloat16) return CastTo<Bfloat16>(from, in, out, count);
  assert(to == DType::kFloat32);
  CastTo<Float32>(from, in, out, count);
}

[[gnu::always_inline]] inline void Add(DType dtype, const char* left, const char* right, char* out, int64_t count) {
  if (dtype == DType::kFloat16) return AddLoop<Float16>(left, right, out, count);
  if (dtype == DType::kBfloat16) return AddLoop<Bfloat16>(left, right, out, count);
  assert(dtype == DType::kFloat32);
  AddLoop<Float32>(left, right, out, count);
}

[[gnu::always_inline]] inline CastLoss CountLoss(DType from, DType to, const char* in, const char* out, int64_t count) {
  if (to == DType::kFloat16) return LossTo<Float16>(from, in, out, count);
  if (to == DType::kBfloat16) return LossTo<Bfloat16>(from, in, out, count);
  return from == DType::kFloat64 ? LossLoop<Float64, Float32>(in, out, count) : CastLoss();
}

}  // namespace

void ReferenceCast(DType from, DType to, const char* in, char* out, int64_t count) {
  assert(from != to);
  CallWithWideVectors([&]() __attribute__((always_inline)) { Cast(from, to, in, out, count); });
}

void ReferenceAdd(DType dtype, const char* left, const char* right, char* out, int64_t count) {
  CallWithWideVectors([&]() __attribute__((always_inline)) { Add(dtype, left, right, out, count); });
}

CastLoss CountCastLoss(DType from, DType to, const char* in, const char* out, int64_t count) {
  return CallWithWideVectors([&]() __attribute__((always_inline)) { return CountLoss(from, to, in, out, count); });
}

}  // namespace weighbridge
