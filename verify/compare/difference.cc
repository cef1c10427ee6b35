#include "verify/compare/difference.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "verify/compare/tolerance.h"
#include "verify/compare/value_statistics.h"
#include "verify/reference/number.h"

namespace weighbridge {
namespace {

// Elements that are decoded at once.
constexpr int64_t kBlock = 512;

size_t HistogramBin(uint64_t ulp, size_t bins) {
  const size_t bin = ulp <= 1 ? static_cast<size_t>(ulp) : static_cast<size_t>(std::bit_width(ulp - 1)) + 1;
  return std::min(bin, bins - 1);
}

}  // namespace

void Difference::Add(const Difference& next) {
  if (next.elements == 0) return;
  if (elements == 0) first = next.first;
  if (next.worst_error > worst_error) {
    worst = next.worst;
    worst_error = next.worst_error;
  }
  elements += next.elements;
  beyond_tolerance += next.beyond_tolerance;
  numbers += next.numbers;
  finite += next.finite;
  nonzero += next.nonzero;
  max_absolute = std::max(max_absolute, next.max_absolute);
  sum_absolute += next.sum_absolute;
  sum_signed += next.sum_signed;
  max_relative = std::max(max_relative, next.max_relative);
  sum_relative += next.sum_relative;
  for (size_t i = 0; i < ulp_histogram.size(); ++i) ulp_histogram[i] += next.ulp_histogram[i];
  nan_payloads += next.nan_payloads;
  actual.Add(next.actual);
  expected.Add(next.expected);
}

DifferenceFinder::DifferenceFinder(DType dtype, const Tolerance& tolerance)
    : dtype_(dtype), number_(NumberDType(dtype)), tolerance_(ToleranceFor(tolerance, dtype)), least_normal_(LeastNormal(number_)) {}

void DifferenceFinder::Compare(int64_t position, absl::string_view actual, absl::string_view expected) {
  if (actual == expected) return;
  const int64_t item = ItemSize(dtype_);
  const auto block = static_cast<size_t>(kBlock * item);
  for (; !actual.empty(); position += kBlock) {
    const absl::string_view actual_block = actual.substr(0, block);
    const absl::string_view expected_block = expected.substr(0, block);
    actual.remove_prefix(actual_block.size());
    expected.remove_prefix(expected_block.size());
    if (actual_block != expected_block) CompareBlock(position, actual_block.data(), expected_block.data(), actual_block.size() / item);
  }
}

void DifferenceFinder::CompareBlock(int64_t position, const char* actual, const char* expected, int64_t count) {
  std::array<double, 2 * kBlock> actual_values;
  std::array<double, 2 * kBlock> expected_values;
  const int64_t parts = NumbersPerElement(dtype_);
  DecodeNumbers(number_, actual, count * parts, actual_values.data());
  DecodeNumbers(number_, expected, count * parts, expected_values.data());
  const auto item = static_cast<size_t>(ItemSize(dtype_));
  const auto number_item = static_cast<size_t>(ItemSize(number_));
  for (int64_t i = 0; i < count; ++i, actual += item, expected += item) {
    if (std::memcmp(actual, expected, item) == 0) continue;
    bool within = true;
    double error = 0;
    for (int64_t k = 0; k < parts; ++k) {
      const Number number{actual + k * number_item, expected + k * number_item, actual_values[i * parts + k],
                          expected_values[i * parts + k]};
      error = std::max(error, AddNumber(number, within));
    }
    const auto element = [&] {
      return DifferingElement{.position = position + i, .actual = std::string(actual, item), .expected = std::string(expected, item)};
    };
    if (found_.elements++ == 0) found_.first = element();
    if (!within) ++found_.beyond_tolerance;
    if (error <= found_.worst_error) continue;
    found_.worst = element();
    found_.worst_error = error;
  }
}

double DifferenceFinder::AddNumber(const Number& number, bool& within) {
  const double actual_value = number.actual_value;
  const double expected_value = number.expected_value;
  const bool equal = std::memcmp(number.actual, number.expected, static_cast<size_t>(ItemSize(number_))) == 0;
  const uint64_t ulp = UlpDistance(number_, number.actual, number.expected);
  within = within && (equal || IsWithin(tolerance_, actual_value, expected_value, ulp));
  ++found_.numbers;
  found_.actual.Count(actual_value, least_normal_);
  found_.expected.Count(expected_value, least_normal_);
  if (std::isnan(actual_value) && std::isnan(expected_value)) {
    found_.nan_payloads += equal ? 0 : 1;
    return 0;
  }
  if (!std::isnan(actual_value) && !std::isnan(expected_value)) {
    ++found_.ulp_histogram[HistogramBin(ulp, found_.ulp_histogram.size())];
  }
  if (!std::isfinite(actual_value) || !std::isfinite(expected_value)) {
    return actual_value == expected_value ? 0 : std::numeric_limits<double>::infinity();
  }
  const double error = actual_value - expected_value;
  const double absolute = std::fabs(error);
  ++found_.finite;
  found_.max_absolute = std::max(found_.max_absolute, absolute);
  found_.sum_absolute += absolute;
  found_.sum_signed += error;
  if (expected_value != 0) {
    const double relative = absolute / std::fabs(expected_value);
    ++found_.nonzero;
    found_.max_relative = std::max(found_.max_relative, relative);
    found_.sum_relative += relative;
  }
  return absolute;
}

}  // namespace weighbridge
