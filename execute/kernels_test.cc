#include "execute/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "execute/float_format_testing.h"
#include "expr/float_bits.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "hwy/targets.h"

namespace weighbridge {
namespace {

double Float(uint32_t bits) {
  return std::bit_cast<float>(bits);
}

// Bits of float32 values: all upper halves with lower halves that decide every rounding, all lower halves at some upper ones, and random
// ones.
std::vector<uint32_t> Float32Patterns() {
  std::vector<uint32_t> patterns;
  for (uint32_t upper = 0; upper < 0x10000; ++upper) {
    for (uint32_t lower : {0x0000, 0x0001, 0x0fff, 0x1000, 0x1001, 0x2000, 0x3000, 0x7fff, 0x8000, 0x8001, 0xefff, 0xf000, 0xffff}) {
      patterns.push_back(upper << 16 | lower);
    }
  }
  for (uint32_t upper : {0x0000, 0x0001, 0x3300, 0x3380, 0x3387, 0x387f, 0x3880, 0x3f80, 0x477f, 0x4780, 0x7f7f, 0x7f80, 0xb300, 0xff80}) {
    for (uint32_t lower = 0; lower < 0x10000; ++lower) patterns.push_back(upper << 16 | lower);
  }
  std::mt19937 random(2);
  for (int i = 0; i < 1'000'000; ++i) patterns.push_back(random());
  return patterns;
}

TEST(FloatBitsTest, WideningIsExact) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const uint16_t magnitude = bits & 0x7fff;
    if (magnitude < kFloat16Format.infinity()) {
      EXPECT_EQ(Float32FromFloat16(bits), std::bit_cast<uint32_t>(static_cast<float>(kFloat16Format.Value(bits)))) << bits;
    } else {
      const uint32_t quiet = magnitude > kFloat16Format.infinity() ? 0x0040'0000 : 0;
      EXPECT_EQ(Float32FromFloat16(bits), (bits & 0x8000) << 16 | 0x7f80'0000 | (bits & 0x3ff) << 13 | quiet) << bits;
    }
    if (magnitude <= kBfloat16Format.infinity()) {
      EXPECT_EQ(Float32FromBfloat16(bits), bits << 16) << bits;
    } else {
      EXPECT_EQ(Float32FromBfloat16(bits), bits << 16 | 0x0040'0000) << bits;
    }
  }
}

TEST(FloatBitsTest, NarrowingGivesTheNearest) {
  int wrong = 0;
  for (uint32_t bits : Float32Patterns()) {
    const bool is_nan = std::isnan(Float(bits));
    const uint16_t half = is_nan ? kFloat16Format.Nan(bits >> 31) : kFloat16Format.Nearest(Float(bits));
    const uint16_t brain = is_nan ? kBfloat16Format.Nan(bits >> 31) : kBfloat16Format.Nearest(Float(bits));
    if (Float16FromFloat32(bits) == half && Bfloat16FromFloat32(bits) == brain) continue;
    if (++wrong < 10) ADD_FAILURE() << std::hex << bits << ": " << Float16FromFloat32(bits) << " " << half;
  }
  EXPECT_EQ(wrong, 0);
}

// Values next to the places where rounding turns, closer than a float32 can say.
std::vector<double> DoublesNearTies() {
  std::vector<double> values = {0.0, -0.0, 1e300, -1e300, 1e-300, 5e-324, std::numeric_limits<double>::infinity(), std::nan("")};
  for (const FloatFormat& format : {kFloat16Format, kBfloat16Format}) {
    for (uint32_t bits = 0; bits < format.infinity(); ++bits) {
      const double tie = (format.Magnitude(bits) + format.Magnitude(bits + 1)) / 2;
      for (double value : {tie, std::nextafter(tie, 0.0), std::nextafter(tie, 1e300), format.Magnitude(bits)}) {
        values.push_back(value);
        values.push_back(-value);
      }
    }
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 200'000; ++i) values.push_back(std::bit_cast<double>(random()));
  return values;
}

TEST(FloatBitsTest, Float64IsRoundedOnce) {
  int wrong = 0;
  for (double value : DoublesNearTies()) {
    const uint64_t bits = std::bit_cast<uint64_t>(value);
    if (Float16FromFloat64(bits) == kFloat16Format.Nearest(value) && Bfloat16FromFloat64(bits) == kBfloat16Format.Nearest(value)) continue;
    if (++wrong < 10) ADD_FAILURE() << std::hexfloat << value << ": " << Float16FromFloat64(bits) << " " << Bfloat16FromFloat64(bits);
  }
  EXPECT_EQ(wrong, 0);
}

TEST(FloatBitsTest, Float64ToFloat32) {
  const auto cast = [](uint64_t bits) { return Float32FromFloat64(bits); };
  EXPECT_EQ(cast(std::bit_cast<uint64_t>(0.1)), 0x3dcc'cccd);
  EXPECT_EQ(cast(std::bit_cast<uint64_t>(1e39)), 0x7f80'0000);
  EXPECT_EQ(cast(std::bit_cast<uint64_t>(-1e-60)), 0x8000'0000);
  EXPECT_EQ(cast(0xfff0'0000'0000'0001), 0xffc0'0000);
  EXPECT_EQ(cast(0x7ff8'0000'1234'5678), 0x7fc0'0000);
}

TEST(FloatBitsTest, Sums) {
  struct Case {
    const char* what;
    uint16_t left, right, sum;
  };
  const Case kHalves[] = {
      {"a NaN and a number", 0x7c01, 0x3c00, 0x7e00},
      {"a number and a NaN", 0x3c00, 0xfdff, 0xfe00},
      {"NaNs: the first's sign", 0xfe01, 0x7e02, 0xfe00},
      {"NaNs: the first's sign", 0x7e01, 0xfe02, 0x7e00},
      {"infinities cancel", 0x7c00, 0xfc00, 0xfe00},
      {"infinities cancel", 0xfc00, 0x7c00, 0xfe00},
      {"a NaN and infinity", 0x7e55, 0xfc00, 0x7e00},
      {"infinities agree", 0xfc00, 0xfc00, 0xfc00},
      {"overflow", 0x7bff, 0x7bff, 0x7c00},
      {"+0 + -0", 0x0000, 0x8000, 0x0000},
      {"-0 + -0", 0x8000, 0x8000, 0x8000},
      {"x - x", 0x3c00, 0xbc00, 0x0000},
      {"subnormals", 0x0001, 0x03ff, 0x0400},
      {"a tie to even", 0x6800, 0x3800, 0x6800},
  };
  for (const Case& c : kHalves) EXPECT_EQ(AddFloat16(c.left, c.right), c.sum) << c.what;
  EXPECT_EQ(AddFloat32(0xffff'ffff, 0x7f80'0001), 0xffc0'0000);
  EXPECT_EQ(AddFloat32(0x3f80'0000, 0x7f80'0001), 0x7fc0'0000);
  EXPECT_EQ(AddFloat32(0x7f80'0000, 0xff80'0000), 0xffc0'0000);
  EXPECT_EQ(AddBfloat16(0xff81, 0x3f80), 0x7fc0);
  EXPECT_EQ(AddBfloat16(0x7f80, 0xff80), 0x7fc0);
}

// --- The kernels against the definition, with each instruction set that this processor has, and without any.

std::vector<int64_t> Targets() {
  std::vector<int64_t> targets = hwy::SupportedAndGeneratedTargets();
  // Where the build's baseline is below every vector instruction set, it is among them already.
  if (std::find(targets.begin(), targets.end(), HWY_SCALAR) == targets.end()) targets.push_back(HWY_SCALAR);
  return targets;
}

class KernelsTest : public testing::TestWithParam<int64_t> {
 protected:
  KernelsTest() { hwy::GetChosenTarget().Update(GetParam()); }
  ~KernelsTest() override { hwy::GetChosenTarget().DeInit(); }
};

INSTANTIATE_TEST_SUITE_P(Target, KernelsTest, testing::ValuesIn(Targets()),
                         [](const testing::TestParamInfo<int64_t>& info) { return std::string(hwy::TargetName(info.param)); });

template <typename To, typename From>
void ExpectCast(DType from, DType to, const std::vector<From>& values, To (*expected)(From)) {
  std::vector<To> cast(values.size() + 1, 0x55);
  CastElements(from, to, reinterpret_cast<const char*>(values.data()), reinterpret_cast<char*>(cast.data()), values.size());
  int wrong = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (cast[i] != expected(values[i]) && ++wrong < 10) ADD_FAILURE() << std::hex << values[i] << ": " << cast[i];
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(cast.back(), 0x55) << "wrote behind the end";
}

TEST_P(KernelsTest, CastsOfEvery16BitInput) {
  ExpectCast<uint32_t, uint16_t>(DType::kFloat16, DType::kFloat32, All16(), Float32FromFloat16);
  ExpectCast<uint32_t, uint16_t>(DType::kBfloat16, DType::kFloat32, All16(), Float32FromBfloat16);
  ExpectCast<uint16_t, uint16_t>(DType::kFloat16, DType::kBfloat16, All16(),
                                 [](uint16_t bits) { return Bfloat16FromFloat32(Float32FromFloat16(bits)); });
  ExpectCast<uint16_t, uint16_t>(DType::kBfloat16, DType::kFloat16, All16(),
                                 [](uint16_t bits) { return Float16FromFloat32(Float32FromBfloat16(bits)); });
}

TEST_P(KernelsTest, CastsOfFloat32) {
  const std::vector<uint32_t> patterns = Float32Patterns();
  ExpectCast<uint16_t, uint32_t>(DType::kFloat32, DType::kFloat16, patterns, Float16FromFloat32);
  ExpectCast<uint16_t, uint32_t>(DType::kFloat32, DType::kBfloat16, patterns, Bfloat16FromFloat32);
}

TEST_P(KernelsTest, CastsOfFloat64) {
  std::vector<uint64_t> patterns;
  for (double value : DoublesNearTies()) patterns.push_back(std::bit_cast<uint64_t>(value));
  ExpectCast<uint16_t, uint64_t>(DType::kFloat64, DType::kFloat16, patterns, Float16FromFloat64);
  ExpectCast<uint16_t, uint64_t>(DType::kFloat64, DType::kBfloat16, patterns, Bfloat16FromFloat64);
  ExpectCast<uint32_t, uint64_t>(DType::kFloat64, DType::kFloat32, patterns, Float32FromFloat64);
}

TEST_P(KernelsTest, EveryCountFromEveryPosition) {
  const std::vector<uint32_t> patterns = Float32Patterns();
  for (size_t begin : {0, 1, 3}) {
    for (size_t count = 0; count < 70; ++count) {
      const auto first = patterns.begin() + static_cast<ptrdiff_t>(500'000 + begin);
      ExpectCast<uint16_t, uint32_t>(DType::kFloat32, DType::kFloat16, {first, first + static_cast<ptrdiff_t>(count)}, Float16FromFloat32);
    }
  }
}

}  // namespace
}  // namespace weighbridge
