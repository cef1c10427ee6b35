#include "verify/compare/value_statistics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "verify/digest/digest.h"
#include "verify/reference/number.h"
#include "verify/reference/wide_vectors.h"

namespace weighbridge {
namespace {

constexpr int64_t kBlock = 1024;
constexpr int64_t kLanes = 8;
using Lanes = std::array<double, kLanes>;

double SumOf(const Lanes& lanes) {
  return std::accumulate(lanes.begin(), lanes.end(), 0.0);
}

// Number i always goes to lane i mod kLanes, however wide the vectors are.

// Adds up `count` finite numbers, a multiple of kLanes.
[[gnu::always_inline]] inline void AddUp(const double* values, int64_t count, ValueSums& sums) {
  Lanes sum{};
  Lanes squares{};
  for (int64_t i = 0; i < count; i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) {
      const double value = values[i + static_cast<int64_t>(k)];
      sum[k] += value;
      squares[k] += value * value;
    }
  }
  sums.sum = SumOf(sum);
  sums.sum_of_squares = SumOf(squares);
}

// Integers in the order of the values; the inverse is the same function.
[[gnu::always_inline]] inline int64_t OrderOf(int64_t bits) {
  return bits ^ ((bits >> 63) & std::numeric_limits<int64_t>::max());
}

// By way of integers, whose minimum the compiler makes vectors of. -0 is less than 0.
[[gnu::always_inline]] inline void FindExtremes(const double* values, int64_t count, ValueSums& sums) {
  if (count == 0) return;
  int64_t min = OrderOf(std::bit_cast<int64_t>(values[0]));
  int64_t max = min;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t order = OrderOf(std::bit_cast<int64_t>(values[i]));
    min = std::min(min, order);
    max = std::max(max, order);
  }
  sums.min = std::bit_cast<double>(OrderOf(min));
  sums.max = std::bit_cast<double>(OrderOf(max));
}

// How many numbers are nearer to zero than `bound`.
[[gnu::always_inline]] inline int64_t CountBelow(double bound, const double* values, int64_t count) {
  int64_t below = 0;
  for (int64_t i = 0; i < count; ++i) below += std::fabs(values[i]) < bound ? 1 : 0;
  return below;
}

[[gnu::always_inline]] inline ValueSums AddFiniteLoops(const double* values, int64_t count, double least_normal) {
  ValueSums sums;
  sums.numbers = count;
  const int64_t whole = count / kLanes * kLanes;
  FindExtremes(values, count, sums);
  AddUp(values, whole, sums);
  for (int64_t i = whole; i < count; ++i) {
    sums.sum += values[i];
    sums.sum_of_squares += values[i] * values[i];
  }
  sums.special.zero = CountBelow(std::numeric_limits<double>::denorm_min(), values, count);
  sums.special.subnormal = std::max(CountBelow(least_normal, values, count) - sums.special.zero, int64_t{0});
  return sums;
}

ValueSums AddFinite(const double* values, int64_t count, double least_normal) {
  return CallWithWideVectors([&]() __attribute__((always_inline)) { return AddFiniteLoops(values, count, least_normal); });
}

// The sums of one block, whose numbers are moved about.
ValueSums AddBlock(double* values, int64_t count, double least_normal) {
  ValueSums sums = AddFinite(values, count, least_normal);
  // Whatever is not finite leaves a trace in the squares; so do great float64.
  if (std::isfinite(sums.sum_of_squares)) return sums;
  SpecialNumbers special;
  for (int64_t i = 0; i < count; ++i) special.Count(values[i], least_normal);
  const double* end = std::remove_if(values, values + count, [](double value) { return !std::isfinite(value); });
  sums = AddFinite(values, end - values, least_normal);
  sums.numbers = count;
  sums.special = special;
  return sums;
}

}  // namespace

void SpecialNumbers::Count(double value, double least_normal) {
  nan += std::isnan(value) ? 1 : 0;
  positive_infinity += value == std::numeric_limits<double>::infinity() ? 1 : 0;
  negative_infinity += value == -std::numeric_limits<double>::infinity() ? 1 : 0;
  zero += value == 0 ? 1 : 0;
  subnormal += value != 0 && std::fabs(value) < least_normal ? 1 : 0;
}

void SpecialNumbers::Add(const SpecialNumbers& other, int64_t times) {
  nan += times * other.nan;
  positive_infinity += times * other.positive_infinity;
  negative_infinity += times * other.negative_infinity;
  zero += times * other.zero;
  subnormal += times * other.subnormal;
}

void ValueSums::Add(const ValueSums& next) {
  numbers += next.numbers;
  min = std::min(min, next.min);
  max = std::max(max, next.max);
  sum += next.sum;
  sum_of_squares += next.sum_of_squares;
  special.Add(next.special);
}

ChunkValues::ChunkValues(DType dtype) : dtype_(NumberDType(dtype)), least_normal_(LeastNormal(dtype_)), item_(ItemSize(dtype_)) {}

void ChunkValues::Update(absl::string_view bytes) {
  const auto block = static_cast<size_t>(kBlock * item_);
  while (!bytes.empty()) {
    if (in_chunk_ == 0) chunks_.emplace_back();
    // A chunk is a whole number of blocks.
    absl::string_view part = bytes.substr(0, static_cast<size_t>(kDigestChunk - in_chunk_));
    in_chunk_ = (in_chunk_ + static_cast<int64_t>(part.size())) % kDigestChunk;
    bytes.remove_prefix(part.size());
    if (!rest_.empty()) {
      const absl::string_view missing = part.substr(0, block - rest_.size());
      rest_.append(missing.data(), missing.size());
      part.remove_prefix(missing.size());
      if (rest_.size() < block) continue;
      AddBlocks(rest_);
      rest_.clear();
    }
    const size_t whole = part.size() / block * block;
    AddBlocks(part.substr(0, whole));
    rest_.assign(part.data() + whole, part.size() - whole);
  }
}

std::vector<ValueSums> ChunkValues::Finish() {
  AddBlocks(rest_);
  return std::move(chunks_);
}

void ChunkValues::AddBlocks(absl::string_view bytes) {
  std::array<double, kBlock> values;
  for (int64_t left = static_cast<int64_t>(bytes.size()) / item_; left > 0;) {
    const int64_t count = std::min(kBlock, left);
    DecodeNumbers(dtype_, bytes.data(), count, values.data());
    chunks_.back().Add(AddBlock(values.data(), count, least_normal_));
    bytes.remove_prefix(static_cast<size_t>(count * item_));
    left -= count;
  }
}

}  // namespace weighbridge
