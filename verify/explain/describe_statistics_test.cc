#include "verify/explain/describe_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/compare/difference.h"
#include "verify/compare/tolerance.h"
#include "verify/compare/value_statistics.h"
#include "verify/reference/number.h"

namespace weighbridge {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string BytesOf(const std::vector<uint16_t>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(uint16_t));
}

TEST(DescribeErrors, SaysOfAnyBitsWhatTheDefinitionsSay) {
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
    const double a = DecodeSmallFloat(DType::kFloat16, actual[i]);
    const double e = DecodeSmallFloat(DType::kFloat16, expected[i]);
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

}  // namespace
}  // namespace weighbridge
