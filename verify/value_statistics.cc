#include "verify/value_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "verify/digest.h"
#include "verify/number.h"

namespace weighbridge {
namespace {

constexpr int64_t kBlock = 1024;
constexpr size_t kLanes = 8;

// Number i goes to lane i mod kLanes, in any loop below.
struct Lanes {
  std::array<double, kLanes> min;
  std::array<double, kLanes> max;
  std::array<double, kLanes> sum{};
  std::array<double, kLanes> squares{};
  std::array<int64_t, kLanes> zero{};
  std::array<int64_t, kLanes> tiny{};  // Subnormal or zero.

  Lanes() {
    min.fill(std::numeric_limits<double>::infinity());
    max.fill(-std::numeric_limits<double>::infinity());
  }

  void Add(size_t lane, double value, double least_normal) {
    min[lane] = value < min[lane] ? value : min[lane];
    max[lane] = value > max[lane] ? value : max[lane];
    sum[lane] += value;
    squares[lane] += value * value;
    zero[lane] += value == 0 ? 1 : 0;
    tiny[lane] += std::fabs(value) < least_normal ? 1 : 0;
  }
};

ValueSums Join(const Lanes& lanes, int64_t count, bool has_subnormals) {
  ValueSums sums;
  sums.numbers = count;
  for (size_t k = 0; k < kLanes; ++k) {
    sums.min = std::min(sums.min, lanes.min[k]);
    sums.max = std::max(sums.max, lanes.max[k]);
    sums.sum += lanes.sum[k];
    sums.sum_of_squares += lanes.squares[k];
    sums.special.zero += lanes.zero[k];
    sums.special.subnormal += has_subnormals ? lanes.tiny[k] - lanes.zero[k] : 0;
  }
  return sums;
}

// The sums of a block of finite numbers.
ValueSums AddFinite(const double* values, int64_t count, double least_normal) {
  Lanes lanes;
  const int64_t whole = count / static_cast<int64_t>(kLanes) * static_cast<int64_t>(kLanes);
  for (int64_t i = 0; i < whole; i += static_cast<int64_t>(kLanes)) {
    for (size_t k = 0; k < kLanes; ++k) lanes.Add(k, values[i + static_cast<int64_t>(k)], least_normal);
  }
  for (int64_t i = whole; i < count; ++i) lanes.Add(static_cast<size_t>(i - whole), values[i], least_normal);
  return Join(lanes, count, least_normal > 0);
}

ValueSums AddAny(const double* values, int64_t count, double least_normal) {
  Lanes lanes;
  SpecialNumbers special;
  for (int64_t i = 0; i < count; ++i) {
    special.Count(values[i], least_normal);
    if (std::isfinite(values[i])) lanes.Add(static_cast<size_t>(i) % kLanes, values[i], least_normal);
  }
  ValueSums sums = Join(lanes, count, least_normal > 0);
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
    ValueSums sums = AddFinite(values.data(), count, least_normal_);
    // Whatever is not finite leaves a trace in the squares; great float64 do as well.
    if (!std::isfinite(sums.sum_of_squares)) sums = AddAny(values.data(), count, least_normal_);
    chunks_.back().Add(sums);
    bytes.remove_prefix(static_cast<size_t>(count * item_));
    left -= count;
  }
}

}  // namespace weighbridge
