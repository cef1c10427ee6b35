#include "verify/compare/value_statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "verify/reference/number.h"

namespace weighbridge {
namespace {

std::string RandomBytes(std::mt19937& random, size_t count) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
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

}  // namespace
}  // namespace weighbridge
