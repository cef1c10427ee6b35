#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "execute/float_format_testing.h"
#include "execute/kernels.h"
#include "expr/float_bits.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "hwy/targets.h"

namespace weighbridge {
namespace {

// 512 patterns of a format: either sign, the exponents at both ends and in the middle, fractions at both ends and in the middle. Among
// them are zeros, ones, the least and the largest subnormal and normal numbers, infinities, quiet and signalling NaNs, and with every
// number those that are a half of its last place, and a little more or less.
std::vector<uint32_t> SpecialPatterns(const FloatFormat& format) {
  std::vector<uint32_t> exponents;
  const uint32_t end = uint32_t{1} << format.exponent_bits;
  for (uint32_t k = 0; k < 8; ++k) exponents.push_back(k);
  for (uint32_t k = 0; k < 16; ++k) exponents.push_back(end / 2 - 8 + k);
  for (uint32_t k = 8; k > 0; --k) exponents.push_back(end - k);
  const uint32_t all = (uint32_t{1} << format.mantissa_bits) - 1;
  const uint32_t half = uint32_t{1} << (format.mantissa_bits - 1);
  std::vector<uint32_t> patterns;
  for (uint32_t exponent : exponents) {
    for (uint32_t mantissa : {uint32_t{0}, uint32_t{1}, uint32_t{2}, half - 1, half, half + 1, all - 1, all}) {
      patterns.push_back(exponent << format.mantissa_bits | mantissa);
      patterns.push_back(format.sign_bit() | patterns.back());
    }
  }
  return patterns;
}

// One sum, told three times: by the definition, for single elements, and for arrays with each instruction set that this processor has, and
// without any.
template <typename Bits>
struct Addition {
  DType dtype;
  const FloatFormat& format;
  Bits (*add)(Bits, Bits);

  void Expect(const std::vector<Bits>& left, const std::vector<Bits>& right) const {
    std::vector<Bits> expected(left.size());
    for (size_t i = 0; i < left.size(); ++i) expected[i] = static_cast<Bits>(format.Sum(left[i], right[i]));
    std::vector<Bits> sum(left.size());
    std::transform(left.begin(), left.end(), right.begin(), sum.begin(), add);
    ExpectEqual(sum, expected, left, right, "single elements");
    std::vector<int64_t> targets = hwy::SupportedAndGeneratedTargets();
    targets.push_back(HWY_SCALAR);
    for (int64_t target : targets) {
      hwy::GetChosenTarget().Update(target);
      sum = left;  // In place.
      AddElements(dtype, reinterpret_cast<const char*>(sum.data()), reinterpret_cast<const char*>(right.data()),
                  reinterpret_cast<char*>(sum.data()), static_cast<int64_t>(sum.size()));
      ExpectEqual(sum, expected, left, right, hwy::TargetName(target));
    }
    hwy::GetChosenTarget().DeInit();
  }

  static void ExpectEqual(const std::vector<Bits>& sum, const std::vector<Bits>& expected, const std::vector<Bits>& left,
                          const std::vector<Bits>& right, const char* what) {
    if (sum == expected) return;
    const size_t first = std::mismatch(sum.begin(), sum.end(), expected.begin()).first - sum.begin();
    ADD_FAILURE() << what << std::hex << ": " << left[first] << " + " << right[first] << " = " << sum[first] << ", not " << expected[first];
  }
};

const Addition<uint16_t> kFloat16Addition = {DType::kFloat16, kFloat16Format, AddFloat16};
const Addition<uint16_t> kBfloat16Addition = {DType::kBfloat16, kBfloat16Format, AddBfloat16};
const Addition<uint32_t> kFloat32Addition = {DType::kFloat32, kFloat32Format, AddFloat32};

TEST(SumsTest, EveryFloat16AndEverySpecialOneInEitherOrder) {
  for (uint32_t special : SpecialPatterns(kFloat16Format)) {
    const std::vector<uint16_t> other(0x10000, static_cast<uint16_t>(special));
    kFloat16Addition.Expect(All16(), other);
    kFloat16Addition.Expect(other, All16());
  }
}

TEST(SumsTest, EveryBfloat16AndEverySpecialOneInEitherOrder) {
  for (uint32_t special : SpecialPatterns(kBfloat16Format)) {
    const std::vector<uint16_t> other(0x10000, static_cast<uint16_t>(special));
    kBfloat16Addition.Expect(All16(), other);
    kBfloat16Addition.Expect(other, All16());
  }
}

// All pairs of special ones, and random ones whose exponents are near enough for both to matter.
TEST(SumsTest, Float32) {
  std::vector<uint32_t> left;
  std::vector<uint32_t> right;
  for (uint32_t a : SpecialPatterns(kFloat32Format)) {
    for (uint32_t b : SpecialPatterns(kFloat32Format)) {
      left.push_back(a);
      right.push_back(b);
    }
  }
  std::mt19937 random(6);
  for (int i = 0; i < 3'000'000; ++i) {
    left.push_back(random());
    right.push_back(left.back() ^ (random() & 0x87ff'ffff));
  }
  kFloat32Addition.Expect(left, right);
}

// Runs for minutes: target float16_pairs_test.
TEST(SumsTest, DISABLED_EveryPairOfFloat16) {
  for (uint32_t right = 0; right < 0x10000; ++right) {
    kFloat16Addition.Expect(All16(), std::vector<uint16_t>(0x10000, static_cast<uint16_t>(right)));
  }
}

}  // namespace
}  // namespace weighbridge
