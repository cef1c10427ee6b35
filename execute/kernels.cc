#include "execute/kernels.h"

#include <cassert>
#include <cstdint>

#include "expr/float_bits.h"
#include "formats/tensor_spec.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "execute/kernels.cc"
#include "hwy/foreach_target.h"  // Compiles what follows once for each instruction set.
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace weighbridge {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::ScalableTag<uint32_t>;
using Word = hn::Vec<Words>;
constexpr Words kWords;
constexpr hn::RebindToFloat<Words> kFloats;

HWY_INLINE auto NanLanes(Word bits) {
  return hn::Gt(hn::And(bits, hn::Set(kWords, 0x7fff'ffff)), hn::Set(kWords, kFloat32Infinity));
}

// An element type: how its bits become those of a float32 and back, in vectors and one by one.
struct Float32 {
  using Element = uint32_t;
  static HWY_INLINE Word Widen(Word bits) { return bits; }
  static HWY_INLINE Word Narrow(Word bits) { return bits; }
  static uint32_t Widen(uint32_t bits) { return bits; }
  static uint32_t Narrow(uint32_t bits) { return bits; }
};

struct Float16 {
  using Element = uint16_t;

  static HWY_INLINE Word Widen(Word half) {
    const auto sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(kWords, 0x8000)));
    const auto shifted = hn::ShiftLeft<13>(hn::And(half, hn::Set(kWords, 0x7fff)));
    const auto normal = hn::Add(shifted, hn::Set(kWords, uint32_t{127 - 15} << 23));
    // A subnormal with an exponent for which its missing leading bit counts 2^-14, less that bit: exact.
    const auto with_leading = hn::BitCast(kFloats, hn::Add(normal, hn::Set(kWords, uint32_t{1} << 23)));
    const auto subnormal = hn::BitCast(kWords, hn::Sub(with_leading, hn::Set(kFloats, 0x1p-14f)));
    const auto special = hn::Or(shifted, hn::Set(kWords, kFloat32Infinity));
    const auto infinity = hn::Set(kWords, uint32_t{0x7c00} << 13);
    const auto quiet = hn::IfThenElseZero(hn::Gt(shifted, infinity), hn::Set(kWords, kFloat32QuietBit));
    auto magnitude = hn::IfThenElse(hn::Lt(shifted, hn::Set(kWords, uint32_t{0x0400} << 13)), subnormal, normal);
    magnitude = hn::IfThenElse(hn::Lt(shifted, infinity), magnitude, hn::Or(special, quiet));
    return hn::Or(sign, magnitude);
  }

  static HWY_INLINE Word Narrow(Word bits) {
    const auto magnitude = hn::And(bits, hn::Set(kWords, 0x7fff'ffff));
    const auto sign = hn::ShiftRight<16>(hn::Xor(bits, magnitude));
    // Adding 0.5 moves the digits of a subnormal to the end of the mantissa; the addition rounds.
    const auto moved = hn::Add(hn::BitCast(kFloats, magnitude), hn::Set(kFloats, 0.5f));
    const auto subnormal = hn::Sub(hn::BitCast(kWords, moved), hn::Set(kWords, uint32_t{126} << 23));
    const auto is_odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(kWords, 1));
    const auto rebias = hn::Set(kWords, (uint32_t{0} - (uint32_t{127 - 15} << 23)) + 0xfff);
    const auto normal = hn::ShiftRight<13>(hn::Add(hn::Add(magnitude, rebias), is_odd));
    const auto is_nan = hn::Gt(magnitude, hn::Set(kWords, kFloat32Infinity));
    const auto special = hn::IfThenElse(is_nan, hn::Set(kWords, 0x7e00), hn::Set(kWords, 0x7c00));
    auto half = hn::IfThenElse(hn::Lt(magnitude, hn::Set(kWords, uint32_t{127 - 14} << 23)), subnormal, normal);
    half = hn::IfThenElse(hn::Lt(magnitude, hn::Set(kWords, uint32_t{127 + 16} << 23)), half, special);
    return hn::Or(sign, half);
  }

  static uint32_t Widen(uint16_t bits) { return Float32FromFloat16(bits); }
  static uint16_t Narrow(uint32_t bits) { return Float16FromFloat32(bits); }
};

struct Bfloat16 {
  using Element = uint16_t;

  static HWY_INLINE Word Widen(Word half) {
    const auto bits = hn::ShiftLeft<16>(half);
    return hn::Or(bits, hn::IfThenElseZero(NanLanes(bits), hn::Set(kWords, kFloat32QuietBit)));
  }

  static HWY_INLINE Word Narrow(Word bits) {
    const auto is_odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(kWords, 1));
    const auto rounded = hn::ShiftRight<16>(hn::Add(hn::Add(bits, hn::Set(kWords, 0x7fff)), is_odd));
    return hn::IfThenElse(NanLanes(bits), hn::Set(kWords, 0x7fc0), rounded);
  }

  static uint32_t Widen(uint16_t bits) { return Float32FromBfloat16(bits); }
  static uint16_t Narrow(uint32_t bits) { return Bfloat16FromFloat32(bits); }
};

HWY_INLINE Word Load(const uint32_t* from) {
  return hn::LoadU(kWords, from);
}
HWY_INLINE Word Load(const uint16_t* from) {
  return hn::PromoteTo(kWords, hn::LoadU(hn::Rebind<uint16_t, Words>(), from));
}
HWY_INLINE void Store(Word bits, uint32_t* to) {
  hn::StoreU(bits, kWords, to);
}
HWY_INLINE void Store(Word bits, uint16_t* to) {
  const auto narrow = hn::DemoteTo(hn::Rebind<uint16_t, Words>(), hn::BitCast(hn::RebindToSigned<Words>(), bits));
  hn::StoreU(narrow, hn::Rebind<uint16_t, Words>(), to);
}

template <typename From, typename To>
void CastArray(const char* source, char* target, int64_t count) {
  const auto* from = reinterpret_cast<const typename From::Element*>(source);
  auto* to = reinterpret_cast<typename To::Element*>(target);
  const int64_t lanes = hn::Lanes(kWords);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) Store(To::Narrow(From::Widen(Load(from + i))), to + i);
  for (; i < count; ++i) to[i] = To::Narrow(From::Widen(from[i]));
}

HWY_INLINE Word AddWords(Word left, Word right) {
  const auto sum = hn::BitCast(kWords, hn::Add(hn::BitCast(kFloats, left), hn::BitCast(kFloats, right)));
  const auto sign_of = hn::IfThenElse(NanLanes(left), left, hn::IfThenElse(NanLanes(right), right, hn::Set(kWords, 0x8000'0000)));
  const auto nan = hn::Or(hn::And(sign_of, hn::Set(kWords, 0x8000'0000)), hn::Set(kWords, kFloat32Infinity | kFloat32QuietBit));
  return hn::IfThenElse(NanLanes(sum), nan, sum);
}

template <typename Type>
void AddArray(const char* left, const char* right, char* sum, int64_t count) {
  const auto* a = reinterpret_cast<const typename Type::Element*>(left);
  const auto* b = reinterpret_cast<const typename Type::Element*>(right);
  auto* to = reinterpret_cast<typename Type::Element*>(sum);
  const int64_t lanes = hn::Lanes(kWords);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) Store(Type::Narrow(AddWords(Type::Widen(Load(a + i)), Type::Widen(Load(b + i)))), to + i);
  for (; i < count; ++i) to[i] = Type::Narrow(AddFloat32(Type::Widen(a[i]), Type::Widen(b[i])));
}

template <typename From>
void CastFrom(DType to, const char* source, char* target, int64_t count) {
  switch (to) {
    case DType::kFloat16:
      return CastArray<From, Float16>(source, target, count);
    case DType::kBfloat16:
      return CastArray<From, Bfloat16>(source, target, count);
    default:
      return CastArray<From, Float32>(source, target, count);
  }
}

void Cast(DType from, DType to, const char* source, char* target, int64_t count) {
  switch (from) {
    case DType::kFloat16:
      return CastFrom<Float16>(to, source, target, count);
    case DType::kBfloat16:
      return CastFrom<Bfloat16>(to, source, target, count);
    default:
      return CastFrom<Float32>(to, source, target, count);
  }
}

void Add(DType dtype, const char* left, const char* right, char* sum, int64_t count) {
  switch (dtype) {
    case DType::kFloat16:
      return AddArray<Float16>(left, right, sum, count);
    case DType::kBfloat16:
      return AddArray<Bfloat16>(left, right, sum, count);
    default:
      return AddArray<Float32>(left, right, sum, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace weighbridge
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weighbridge {
namespace {

HWY_EXPORT(Cast);
HWY_EXPORT(Add);

template <typename To, To (*function)(uint64_t)>
void CastFloat64(const char* source, char* target, int64_t count) {
  const auto* from = reinterpret_cast<const uint64_t*>(source);
  auto* to = reinterpret_cast<To*>(target);
  for (int64_t i = 0; i < count; ++i) to[i] = function(from[i]);
}

}  // namespace

void CastElements(DType from, DType to, const char* source, char* target, int64_t count) {
  assert(from != to);
  if (from != DType::kFloat64) return HWY_DYNAMIC_DISPATCH(Cast)(from, to, source, target, count);
  switch (to) {
    case DType::kFloat16:
      return CastFloat64<uint16_t, Float16FromFloat64>(source, target, count);
    case DType::kBfloat16:
      return CastFloat64<uint16_t, Bfloat16FromFloat64>(source, target, count);
    default:
      return CastFloat64<uint32_t, Float32FromFloat64>(source, target, count);
  }
}

void AddElements(DType dtype, const char* left, const char* right, char* sum, int64_t count) {
  HWY_DYNAMIC_DISPATCH(Add)(dtype, left, right, sum, count);
}

}  // namespace weighbridge
#endif  // HWY_ONCE
