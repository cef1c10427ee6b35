#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "verify/compare/difference.h"
#include "verify/compare/tolerance.h"
#include "verify/compare/value_statistics.h"
#include "verify/explain/describe_statistics.h"
#include "verify/reference/arithmetic.h"
#include "verify/reference/number.h"

namespace weighbridge {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string RandomBytes(std::mt19937& random, size_t count) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

template <typename Value>
std::string BytesOf(const std::vector<Value>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
}

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

// The sums of all chunks, when the bytes come in pieces of a random number of elements.
ValueSums SumsOf(DType dtype, absl::string_view bytes, std::mt19937& random, size_t most) {
  ChunkValues values(dtype);
  const auto item = static_cast<size_t>(ItemSize(dtype));
  while (!bytes.empty()) {
    const size_t piece = std::min(bytes.size(), (1 + random() % most) * item);
    values.Update(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
  }
  ValueSums sums;
  for (const ValueSums& chunk : values.Finish()) sums.Add(chunk);
  return sums;
}

TEST(ChunkValues, AreTheSumsForAnyPieces) {
  std::mt19937 random(1);
  for (DType dtype : AllDTypes()) {
    const auto item = static_cast<size_t>(ItemSize(dtype));
    // A bool of other values than 0 and 1 is true.
    const std::string bytes = RandomBytes(random, (size_t{2} << 20) / item * item + 1237 * item);
    const DType number = NumberDType(dtype);
    std::vector<double> values(bytes.size() / ItemSize(number));
    DecodeNumbers(number, bytes.data(), static_cast<int64_t>(values.size()), values.data());
    ValueSums expected;
    long double sum = 0;
    long double squares = 0;
    long double magnitudes = 0;
    for (double value : values) {
      expected.special.Count(value, LeastNormal(number));
      if (!std::isfinite(value)) continue;
      expected.min = std::min(expected.min, value);
      expected.max = std::max(expected.max, value);
      sum += value;
      magnitudes += std::fabs(value);
      squares += static_cast<long double>(value) * value;
    }
    const ValueSums found = SumsOf(dtype, bytes, random, 5000);
    EXPECT_EQ(found.numbers, static_cast<int64_t>(values.size()));
    EXPECT_EQ(found.min, expected.min) << DTypeName(dtype);
    EXPECT_EQ(found.max, expected.max) << DTypeName(dtype);
    if (number != DType::kFloat64) {
      EXPECT_NEAR(found.sum, static_cast<double>(sum), static_cast<double>(magnitudes) * 1e-12) << DTypeName(dtype);
      EXPECT_NEAR(found.sum_of_squares, static_cast<double>(squares), static_cast<double>(squares) * 1e-12) << DTypeName(dtype);
    }
    EXPECT_EQ(found.special.nan, expected.special.nan) << DTypeName(dtype);
    EXPECT_EQ(found.special.positive_infinity, expected.special.positive_infinity) << DTypeName(dtype);
    EXPECT_EQ(found.special.negative_infinity, expected.special.negative_infinity) << DTypeName(dtype);
    EXPECT_EQ(found.special.zero, expected.special.zero) << DTypeName(dtype);
    EXPECT_EQ(found.special.subnormal, expected.special.subnormal) << DTypeName(dtype);
    const ValueSums again = SumsOf(dtype, bytes, random, 100000);
    EXPECT_EQ(std::bit_cast<uint64_t>(again.sum), std::bit_cast<uint64_t>(found.sum)) << DTypeName(dtype);
    EXPECT_EQ(std::bit_cast<uint64_t>(again.sum_of_squares), std::bit_cast<uint64_t>(found.sum_of_squares)) << DTypeName(dtype);
  }
}

TEST(Difference, IsWhatItsDefinitionSaysOfAnyBits) {
  std::mt19937 random(2);
  std::vector<uint16_t> expected(3000);
  std::vector<uint16_t> actual(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    expected[i] = static_cast<uint16_t>(random());
    actual[i] = random() % 3 == 0 ? static_cast<uint16_t>(random() % 2 == 0 ? expected[i] ^ (random() % 8) : random()) : expected[i];
  }
  DifferenceFinder finder(DType::kFloat16, {.kind = Tolerance::Kind::kUlp, .ulp = 3});
  for (size_t begin = 0; begin < actual.size(); begin += 700) {
    const size_t count = std::min<size_t>(700, actual.size() - begin);
    const std::string a = BytesOf(actual).substr(2 * begin, 2 * count);
    finder.Compare(static_cast<int64_t>(begin), a, BytesOf(expected).substr(2 * begin, 2 * count));
  }
  ChunkValues chunk(DType::kFloat16);
  chunk.Update(BytesOf(actual));
  const ErrorStatistics found = DescribeErrors({DType::kFloat16, {30, 100}}, chunk.Finish()[0], finder.found());

  int64_t differing = 0;
  int64_t beyond = 0;
  int64_t finite = 0;
  int64_t nonzero = 0;
  int64_t first = -1;
  int64_t worst = -1;
  int64_t payloads = 0;
  double worst_error = -1;
  double sum = 0;
  double sum_signed = 0;
  double sum_relative = 0;
  double max_absolute = 0;
  double max_relative = 0;
  std::vector<int64_t> histogram(23);
  SpecialNumbers special;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double a = ValueOfFloat16(actual[i]);
    const double e = ValueOfFloat16(expected[i]);
    special.Count(e, std::ldexp(1, -14));
    const auto order = [](uint16_t bits) { return bits & 0x8000 ? -(bits & 0x7fff) : bits; };
    const int64_t ulp = std::abs(order(actual[i]) - order(expected[i]));
    if (!std::isnan(a) && !std::isnan(e)) {
      size_t bin = 0;
      for (int64_t limit = 0; limit < ulp; limit = limit == 0 ? 1 : limit * 2) ++bin;
      ++histogram[bin];
    }
    const bool is_number = std::isfinite(a) && std::isfinite(e);
    const double error = is_number ? std::fabs(a - e) : a == e || (std::isnan(a) && std::isnan(e)) ? 0 : kInfinity;
    finite += is_number;
    if (is_number) {
      sum += error;
      sum_signed += a - e;
      max_absolute = std::max(max_absolute, error);
      if (e != 0) {
        ++nonzero;
        sum_relative += error / std::fabs(e);
        max_relative = std::max(max_relative, error / std::fabs(e));
      }
    }
    if (actual[i] == expected[i]) continue;
    ++differing;
    payloads += std::isnan(a) && std::isnan(e);
    const bool within = (std::isnan(a) && std::isnan(e)) || (is_number && ulp <= 3);
    beyond += !within;
    if (first < 0) first = static_cast<int64_t>(i);
    if (error > worst_error) {
      worst = static_cast<int64_t>(i);
      worst_error = error;
    }
  }
  EXPECT_EQ(found.elements(), 3000);
  EXPECT_EQ(found.differing(), differing);
  EXPECT_EQ(found.beyond_tolerance(), beyond);
  EXPECT_EQ(found.first().index(0) * 100 + found.first().index(1), first);
  EXPECT_EQ(found.worst().index(0) * 100 + found.worst().index(1), worst);
  EXPECT_EQ(found.max_absolute(), max_absolute);
  EXPECT_EQ(found.max_relative(), max_relative);
  EXPECT_NEAR(found.mean_absolute(), sum / static_cast<double>(finite), 1e-9);
  EXPECT_NEAR(found.mean_signed(), sum_signed / static_cast<double>(finite), 1e-9);
  EXPECT_NEAR(found.mean_relative(), sum_relative / static_cast<double>(nonzero), 1e-9 * max_relative);
  EXPECT_EQ(std::vector<int64_t>(found.ulp_histogram().begin(), found.ulp_histogram().end()), histogram);
  EXPECT_EQ(found.nan_payloads(), payloads);
  EXPECT_GT(payloads, 0);
  EXPECT_EQ(found.expected().nan(), special.nan);
  EXPECT_EQ(found.expected().positive_infinity(), special.positive_infinity);
  EXPECT_EQ(found.expected().negative_infinity(), special.negative_infinity);
  EXPECT_EQ(found.expected().zero(), special.zero);
  EXPECT_EQ(found.expected().subnormal(), special.subnormal);
}

TEST(Difference, OfComplexElementsLooksAtBothParts) {
  const std::string expected = BytesOf<float>({1, 2, 3, 4});
  DifferenceFinder finder(DType::kComplex64, {});
  finder.Compare(0, BytesOf<float>({1, 2, 3, 4.5F}), expected);
  EXPECT_EQ(finder.found().elements, 1);
  EXPECT_EQ(finder.found().first.position, 1);
  EXPECT_EQ(finder.found().numbers, 2);
  EXPECT_EQ(finder.found().max_absolute, 0.5);
  EXPECT_EQ(finder.found().worst.expected, expected.substr(8));
}

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
