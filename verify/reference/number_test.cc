#include "verify/reference/number.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "verify/reference/arithmetic.h"

namespace weighbridge {
namespace {

template <typename Value>
std::string BytesOf(const std::vector<Value>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A float16's value by its definition.
double ValueOfFloat16(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int mantissa = bits & 1023;
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == 31) return mantissa ? std::nan("") : sign * kInfinity;
  return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

TEST(Number, DecodesEveryFloat16AndBfloat16) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    double value = 0;
    DecodeNumbers(DType::kFloat16, reinterpret_cast<const char*>(&half), 1, &value);
    EXPECT_TRUE(value == ValueOfFloat16(half) || (std::isnan(value) && std::isnan(ValueOfFloat16(half)))) << bits;
    DecodeNumbers(DType::kBfloat16, reinterpret_cast<const char*>(&half), 1, &value);
    const double expected = std::bit_cast<float>(bits << 16);
    EXPECT_TRUE(value == expected || (std::isnan(value) && std::isnan(expected))) << bits;
  }
}

TEST(Number, NeighboursAreOneApart) {
  for (uint16_t bits = 0; bits < 0x7c00; ++bits) {
    const auto next = static_cast<uint16_t>(bits + 1);
    const auto minus = static_cast<uint16_t>(bits | 0x8000);
    const auto distance = [](uint16_t a, uint16_t b) {
      return UlpDistance(DType::kFloat16, reinterpret_cast<const char*>(&a), reinterpret_cast<const char*>(&b));
    };
    ASSERT_EQ(distance(bits, next), 1U);
    ASSERT_EQ(distance(next, bits), 1U);
    ASSERT_EQ(distance(bits, minus), 2U * bits);
  }
  const int64_t least = std::numeric_limits<int64_t>::min();
  const int64_t greatest = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(UlpDistance(DType::kInt64, reinterpret_cast<const char*>(&least), reinterpret_cast<const char*>(&greatest)), UINT64_MAX);
}

TEST(Number, LeastNormalIsWhereTheExponentBegins) {
  const struct {
    DType dtype;
    uint32_t bits;
  } cases[] = {{DType::kFloat16, 0x400},    {DType::kBfloat16, 0x80}, {DType::kFloat8E4M3Fn, 8},
               {DType::kFloat8E4M3FnUz, 8}, {DType::kFloat8E5M2, 4},  {DType::kFloat8E5M2FnUz, 4}};
  for (const auto& c : cases) EXPECT_EQ(LeastNormal(c.dtype), DecodeSmallFloat(c.dtype, c.bits)) << DTypeName(c.dtype);
  EXPECT_EQ(LeastNormal(DType::kInt32), 0);
  EXPECT_EQ(LeastNormal(DType::kFloat8E8M0Fnu), 0);
}

TEST(CastLoss, CountsRoundedSaturatedAndFlushedElements) {
  const std::vector<float> values = {1.0F,          0.0F,     -0.0F,    1.0009765625F, 1.0001F,
                                     65504.0F,      65519.0F, 65520.0F, -1e30F,        std::numeric_limits<float>::infinity(),
                                     std::nanf(""), 0x1p-24F, 0x1p-25F, -0x1p-30F,     0x1.8p-24F};
  const std::string in = BytesOf(values);
  std::string out(2 * values.size(), '\0');
  ReferenceCast(DType::kFloat32, DType::kFloat16, in.data(), out.data(), static_cast<int64_t>(values.size()));
  const CastLoss loss = CountCastLoss(DType::kFloat32, DType::kFloat16, in.data(), out.data(), static_cast<int64_t>(values.size()));
  EXPECT_EQ(loss.saturated, 2);  // 65520 and -1e30.
  EXPECT_EQ(loss.flushed, 2);    // 2^-25 is half way to the even zero.
  EXPECT_EQ(loss.changed, 7);    // And 1.0001, 65519, 1.5 · 2^-24.
  const std::string wide = BytesOf<uint16_t>({0x3c00, 0x0001, 0x7e01});
  std::string widened(12, '\0');
  ReferenceCast(DType::kFloat16, DType::kFloat32, wide.data(), widened.data(), 3);
  EXPECT_EQ(CountCastLoss(DType::kFloat16, DType::kFloat32, wide.data(), widened.data(), 3).changed, 0);
}

}  // namespace
}  // namespace weighbridge
