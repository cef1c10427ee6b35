#include "verify/compare/tolerance.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(Tolerance, IsReadStrictly) {
  for (const char* text : {"", "Exact", "ulp", "ulp:", "ulp:-1", "ulp:1.5", "abs:", "abs:x", "abs:-1", "abs:nan", "rel:inf", "abs:1,abs:2",
                           "abs:1,rel:2,rel:3", "abs:1;rel:2", "torch:1"}) {
    EXPECT_FALSE(ParseTolerance(text).ok()) << text;
  }
  EXPECT_EQ(ParseTolerance("ulp:7")->ulp, 7U);
  EXPECT_EQ(ParseTolerance("abs:1e-5,rel:0.25")->relative, 0.25);
  EXPECT_EQ(ParseTolerance("rel:0.25,abs:1e-5")->absolute, 1e-5);
  EXPECT_EQ(ParseTolerance("abs:0.5")->relative, 0);
}

TEST(Tolerance, BoundsAreThePublishedOnes) {
  const auto within = [](const char* text, DType dtype, double actual, double expected, uint64_t ulp = 1000) {
    return IsWithin(ToleranceFor(*ParseTolerance(text), dtype), actual, expected, ulp);
  };
  EXPECT_TRUE(within("torch", DType::kFloat16, 1.001, 1));
  EXPECT_FALSE(within("torch", DType::kFloat16, 1.0011, 1));
  EXPECT_TRUE(within("torch", DType::kFloat16, 1e-5, 0));
  EXPECT_FALSE(within("torch", DType::kFloat16, 1.1e-5, 0));
  EXPECT_TRUE(within("torch", DType::kBfloat16, 1.016, 1));
  EXPECT_FALSE(within("torch", DType::kBfloat16, 1.0161, 1));
  EXPECT_TRUE(within("torch", DType::kFloat32, 1000.0013, 1000));
  EXPECT_FALSE(within("torch", DType::kFloat32, 1000.00132, 1000));
  EXPECT_TRUE(within("torch", DType::kComplex64, 1000.0013, 1000));
  EXPECT_FALSE(within("torch", DType::kFloat8E5M2, 1, 1.0000001));
  EXPECT_FALSE(within("torch", DType::kInt64, 1, 1.0000001, 1));
  EXPECT_TRUE(within("paddle", DType::kFloat16, 1.0019, 1));
  EXPECT_FALSE(within("paddle", DType::kFloat16, 1.0021, 1));
  EXPECT_TRUE(within("paddle", DType::kBfloat16, 0.01, 0));
  EXPECT_TRUE(within("paddle", DType::kFloat32, 1.000019, 1));
  EXPECT_FALSE(within("paddle", DType::kFloat32, 1.00003, 1));
  EXPECT_TRUE(within("ulp:2", DType::kFloat16, 5, 1, 2));
  EXPECT_FALSE(within("ulp:2", DType::kFloat16, 5, 1, 3));
  EXPECT_FALSE(within("ulp:2", DType::kInt32, 5, 6, 1));
  EXPECT_TRUE(within("abs:0.5,rel:0.25", DType::kFloat32, 6.75, 9));
  EXPECT_FALSE(within("abs:0.5,rel:0.25", DType::kFloat32, 6.2, 9));
  EXPECT_FALSE(within("exact", DType::kFloat32, 1, 1, 0));
}

TEST(Tolerance, NanEqualsNanAndInfinityItselfAlone) {
  const double nan = std::nan("");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const char* text : {"torch", "paddle", "ulp:5", "abs:1e30"}) {
    const Tolerance tolerance = ToleranceFor(*ParseTolerance(text), DType::kFloat16);
    EXPECT_TRUE(IsWithin(tolerance, nan, nan, 0));
    EXPECT_FALSE(IsWithin(tolerance, nan, 1, 0));
    EXPECT_FALSE(IsWithin(tolerance, 1, nan, 0));
    EXPECT_FALSE(IsWithin(tolerance, kInfinity, 65504, 1));
    EXPECT_FALSE(IsWithin(tolerance, kInfinity, -kInfinity, 1));
    EXPECT_TRUE(IsWithin(tolerance, 0.0, -0.0, 0));
  }
}

}  // namespace
}  // namespace weighbridge
