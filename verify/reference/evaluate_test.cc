#include "verify/reference/evaluate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "expr/expr.h"
#include "formats/bytes/byte_source.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

template <typename T>
std::string BytesOf(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

template <typename T>
ExprPtr Stored(DType dtype, Shape shape, const std::vector<T>& values) {
  return Read("source/t", *StoredTensor::CreateRowMajor({dtype, std::move(shape)}, MakeMemorySource("memory", BytesOf(values)), 0));
}

template <typename T>
std::vector<T> EvaluateAs(const Expr& expr, const Region& region) {
  int64_t elements = 1;
  for (const IndexRange& range : region) elements *= range.size();
  std::vector<T> out(static_cast<size_t>(elements));
  Scratch scratch(EvaluationBytes(expr, elements));
  const absl::Status status = Evaluate(expr, region, absl::MakeSpan(reinterpret_cast<char*>(out.data()), out.size() * sizeof(T)), scratch);
  EXPECT_TRUE(status.ok()) << status;
  return out;
}

template <typename T>
std::vector<T> EvaluateAs(const Expr& expr) {
  return EvaluateAs<T>(expr, WholeRegion(expr.spec().shape));
}

template <typename To, typename From>
To CastOne(DType from, DType to, From bits) {
  // Many copies, so that every lane of a vector loop and its rest see the value.
  const std::vector<From> values(19, bits);
  const std::vector<To> result = EvaluateAs<To>(**Cast(Stored(from, {19}, values), to));
  for (const To& element : result) EXPECT_EQ(element, result[0]);
  return result[0];
}

template <typename T>
T AddOne(DType dtype, T left, T right) {
  const std::vector<T> sums =
      EvaluateAs<T>(**Add(Stored(dtype, {19}, std::vector<T>(19, left)), Stored(dtype, {19}, std::vector<T>(19, right))));
  for (const T& element : sums) EXPECT_EQ(element, sums[0]);
  return sums[0];
}

uint32_t Bits(float value) {
  return std::bit_cast<uint32_t>(value);
}

std::vector<uint16_t> AllPatterns() {
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  return all;
}

// The definition, slowly: sign · significand · 2^exponent.
double Float16Value(uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = bits >> 10 & 0x1f;
  const int mantissa = bits & 0x3ff;
  if (exponent == 31) return mantissa != 0 ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

bool IsFloat16Nan(uint16_t bits) {
  return (bits & 0x7fff) > 0x7c00;
}

// The float16 nearest to a finite `value`, by looking at all of them; of two the even one. Beyond 65520, infinity.
uint16_t NearestFloat16(double value) {
  uint16_t below = 0;
  uint16_t above = 0x7c00;
  const double magnitude = std::fabs(value);
  while (above - below > 1) {
    const auto middle = static_cast<uint16_t>((below + above) / 2);
    (Float16Value(middle) <= magnitude ? below : above) = middle;
  }
  const double above_value = above == 0x7c00 ? 65536 : Float16Value(above);
  const double to_below = magnitude - Float16Value(below);
  const double to_above = above_value - magnitude;
  const bool take_below = to_below < to_above || (to_below == to_above && below % 2 == 0);
  return static_cast<uint16_t>((take_below ? below : above) | (std::signbit(value) ? 0x8000 : 0));
}

TEST(Evaluate, WidensEveryFloat16Exactly) {
  const std::vector<uint16_t> all = AllPatterns();
  const std::vector<uint32_t> wide = EvaluateAs<uint32_t>(**Cast(Stored(DType::kFloat16, {65536}, all), DType::kFloat32));
  for (size_t i = 0; i < all.size(); ++i) {
    const auto sign = static_cast<uint32_t>(i >> 15 << 31);
    const auto payload = static_cast<uint32_t>((i & 0x3ff) << 13);
    const uint32_t expected = IsFloat16Nan(all[i]) ? sign | 0x7fc00000 | payload : Bits(static_cast<float>(Float16Value(all[i])));
    ASSERT_EQ(wide[i], expected) << std::hex << i;
  }
}

TEST(Evaluate, WidensEveryBfloat16Exactly) {
  const std::vector<uint16_t> all = AllPatterns();
  const std::vector<uint32_t> wide = EvaluateAs<uint32_t>(**Cast(Stored(DType::kBfloat16, {65536}, all), DType::kFloat32));
  for (uint32_t i = 0; i < all.size(); ++i) ASSERT_EQ(wide[i], i << 16 | ((i & 0x7fff) > 0x7f80 ? 0x400000 : 0)) << std::hex << i;
}

TEST(Evaluate, RoundsToFloat16AtAndAroundEveryValueAndMidpoint) {
  std::vector<float> values;
  for (uint16_t bits = 0; bits < 0x7c00; ++bits) {
    const double value = Float16Value(bits);
    const double next = bits + 1 == 0x7c00 ? 65536 : Float16Value(static_cast<uint16_t>(bits + 1));
    for (double wanted : {value, (value + next) / 2}) {
      const auto single = static_cast<float>(wanted);
      for (float near : {std::nextafter(single, -1e9F), single, std::nextafter(single, 1e9F)}) {
        values.push_back(near);
        values.push_back(-near);
      }
    }
  }
  for (float large : {65536.0F, 1e6F, 0x1p114F, 3e38F, 1e-30F, 1e-45F}) values.insert(values.end(), {large, -large});
  std::vector<double> doubles(values.begin(), values.end());
  const auto count = static_cast<int64_t>(values.size());
  const std::vector<uint16_t> of_floats = EvaluateAs<uint16_t>(**Cast(Stored(DType::kFloat32, {count}, values), DType::kFloat16));
  const std::vector<uint16_t> of_doubles = EvaluateAs<uint16_t>(**Cast(Stored(DType::kFloat64, {count}, doubles), DType::kFloat16));
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(of_floats[i], NearestFloat16(values[i])) << values[i];
    ASSERT_EQ(of_doubles[i], of_floats[i]) << values[i];
  }
}

TEST(Evaluate, RoundsToBfloat16) {
  const std::pair<uint32_t, uint16_t> cases[] = {
      {0x3f800000, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f818000, 0x3f82}, {0x3f808001, 0x3f81}, {0x3f807fff, 0x3f80},
      {0x7f7fffff, 0x7f80}, {0x7f7f7fff, 0x7f7f}, {0x7f7f8000, 0x7f80}, {0xff800000, 0xff80}, {0x80000000, 0x8000},
      {0x00008000, 0x0000}, {0x00008001, 0x0001}, {0x00018000, 0x0002}, {0x007fffff, 0x0080}, {0x00000001, 0x0000},
  };
  for (const auto& [from, to] : cases) {
    EXPECT_EQ((CastOne<uint16_t>(DType::kFloat32, DType::kBfloat16, from)), to) << std::hex << from;
  }
  // Between bfloat16 and float16: exact, rounded, out of range.
  EXPECT_EQ((CastOne<uint16_t, uint16_t>(DType::kFloat16, DType::kBfloat16, 0x3c04)), 0x3f80);  // A tie.
  EXPECT_EQ((CastOne<uint16_t, uint16_t>(DType::kFloat16, DType::kBfloat16, 0x0001)), 0x3380);
  EXPECT_EQ((CastOne<uint16_t, uint16_t>(DType::kBfloat16, DType::kFloat16, 0x4780)), 0x7c00);
  EXPECT_EQ((CastOne<uint16_t, uint16_t>(DType::kBfloat16, DType::kFloat16, 0x3380)), 0x0001);
  EXPECT_EQ((CastOne<uint16_t, uint16_t>(DType::kBfloat16, DType::kFloat16, 0x3300)), 0x0000);
}

TEST(Evaluate, RoundsFloat64Once) {
  // Rounding to float32 first would make ties of both.
  EXPECT_EQ((CastOne<uint16_t>(DType::kFloat64, DType::kFloat16, 1 + 0x1p-11 + 0x1p-40)), 0x3c01);
  EXPECT_EQ((CastOne<uint16_t>(DType::kFloat64, DType::kBfloat16, 1 + 0x1p-8 + 0x1p-40)), 0x3f81);
  for (double value : {0.1, -1 / 3.0, 1e39, -1e300, 1e-40, 1e-46, 0x1p-150, 0x1.8p-149, 3.4028235677973366e38, 0.0, -0.0}) {
    EXPECT_EQ((CastOne<uint32_t>(DType::kFloat64, DType::kFloat32, value)), Bits(static_cast<float>(value))) << value;
  }
}

TEST(Evaluate, CastsNanByTheWrittenRule) {
  EXPECT_EQ((CastOne<uint16_t, uint32_t>(DType::kFloat32, DType::kFloat16, 0x7f800001)), 0x7e00);
  EXPECT_EQ((CastOne<uint16_t, uint32_t>(DType::kFloat32, DType::kFloat16, 0xffc12345)), 0xfe00);
  EXPECT_EQ((CastOne<uint16_t, uint32_t>(DType::kFloat32, DType::kBfloat16, 0xff800001)), 0x7fc0);
  EXPECT_EQ((CastOne<uint16_t, uint16_t>(DType::kFloat16, DType::kBfloat16, 0xfc01)), 0x7fc0);
  EXPECT_EQ((CastOne<uint16_t, uint16_t>(DType::kBfloat16, DType::kFloat16, 0xff81)), 0xfe00);
  EXPECT_EQ((CastOne<uint32_t, uint64_t>(DType::kFloat64, DType::kFloat32, 0xfff0000000000001)), 0xffc00000);
  EXPECT_EQ((CastOne<uint16_t, uint64_t>(DType::kFloat64, DType::kFloat16, 0x7ff8000000000123)), 0x7e00);
}

TEST(Evaluate, CopiesBitsInACastToTheSameDtype) {
  EXPECT_EQ((CastOne<uint16_t, uint16_t>(DType::kFloat16, DType::kFloat16, 0xfc01)), 0xfc01);
  EXPECT_EQ((CastOne<uint32_t, uint32_t>(DType::kFloat32, DType::kFloat32, 0x7f800001)), 0x7f800001);
}

TEST(Evaluate, AddsFloat16RoundingTheExactSumOnce) {
  uint32_t random = 1;
  std::vector<uint16_t> left = AllPatterns();
  std::vector<uint16_t> right(left.size());
  for (uint16_t& bits : right) bits = static_cast<uint16_t>((random = random * 1664525 + 1013904223) >> 16);
  const std::vector<uint16_t> sums =
      EvaluateAs<uint16_t>(**Add(Stored(DType::kFloat16, {65536}, left), Stored(DType::kFloat16, {65536}, right)));
  for (size_t i = 0; i < left.size(); ++i) {
    const double sum = Float16Value(left[i]) + Float16Value(right[i]);
    if (std::isnan(sum)) continue;
    const uint16_t expected = std::isinf(sum) ? (sum < 0 ? 0xfc00 : 0x7c00) : NearestFloat16(sum);
    ASSERT_EQ(sums[i], expected) << std::hex << left[i] << " + " << right[i];
  }
}

TEST(Evaluate, AddsFloat32AsOneRoundingWould) {
  uint32_t random = 7;
  const auto next = [&] {
    random = random * 1664525 + 1013904223;
    return random ^ random >> 13;
  };
  std::vector<uint32_t> left(100000);
  std::vector<uint32_t> right(left.size());
  for (size_t i = 0; i < left.size(); ++i) {
    left[i] = next();
    // Exponents near each other, so that sums are rounded and cancel.
    right[i] = (next() & 0x807fffff) | ((left[i] & 0x7f800000) + (next() % 30 << 23) - (15U << 23)) % 0x7f800000;
  }
  const std::vector<uint32_t> sums =
      EvaluateAs<uint32_t>(**Add(Stored(DType::kFloat32, {100000}, left), Stored(DType::kFloat32, {100000}, right)));
  for (size_t i = 0; i < left.size(); ++i) {
    const volatile float sum = std::bit_cast<float>(left[i]) + std::bit_cast<float>(right[i]);
    if (std::isnan(sum)) continue;
    ASSERT_EQ(sums[i], Bits(sum)) << std::hex << left[i] << " + " << right[i];
  }
}

TEST(Evaluate, AddsNanByTheWrittenRule) {
  struct Case {
    uint16_t left, right, sum;
  };
  const Case float16[] = {
      {0x7c01, 0x3c00, 0x7e00}, {0x3c00, 0xfc01, 0xfe00}, {0x7c01, 0xfe00, 0x7e00}, {0xfe01, 0x7e00, 0xfe00},
      {0x7c00, 0xfc00, 0xfe00}, {0xfc00, 0x7c00, 0xfe00}, {0x7c00, 0x7c00, 0x7c00}, {0x0000, 0x8000, 0x0000},
      {0x8000, 0x8000, 0x8000}, {0x3c00, 0xbc00, 0x0000}, {0x7bff, 0x7bff, 0x7c00}, {0xfc00, 0x7e00, 0x7e00},
  };
  for (const Case& c : float16) EXPECT_EQ(AddOne(DType::kFloat16, c.left, c.right), c.sum) << std::hex << c.left << " + " << c.right;
  const Case bfloat16[] = {
      {0xff81, 0x3f80, 0x7fc0}, {0x7f80, 0xff80, 0x7fc0}, {0x3f80, 0x3b80, 0x3f80}, {0x3f81, 0x3b80, 0x3f82}, {0x0000, 0x8000, 0x0000}};
  for (const Case& c : bfloat16) EXPECT_EQ(AddOne(DType::kBfloat16, c.left, c.right), c.sum) << std::hex << c.left << " + " << c.right;
  EXPECT_EQ(AddOne<uint32_t>(DType::kFloat32, 0x7f800001, 0xffc00000), 0x7fc00000);
  EXPECT_EQ(AddOne<uint32_t>(DType::kFloat32, 0x3f800000, 0xff800001), 0xffc00000);
  EXPECT_EQ(AddOne<uint32_t>(DType::kFloat32, 0x7f800000, 0xff800000), 0xffc00000);
}

struct TwoWords {
  uint64_t low, high;
};

// Elements that are their own row-major numbers.
template <typename T>
ExprPtr Numbered(DType dtype, Shape shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = T{};
    std::memcpy(&values[i], &i, std::min(sizeof(T), sizeof(i)));
  }
  return Stored(dtype, std::move(shape), values);
}

template <typename T>
void ExpectPermuted(DType dtype, const Shape& shape, const std::vector<int64_t>& axes) {
  const ExprPtr expr = *Permute(Numbered<T>(dtype, shape), axes);
  const std::vector<int64_t> strides = RowMajorStrides(shape);
  Region region = WholeRegion(expr->spec().shape);
  for (IndexRange& range : region) range = {range.size() / 4, range.size() - range.size() / 5};
  const std::vector<T> result = EvaluateAs<T>(*expr, region);
  std::vector<int64_t> index(shape.size());
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t rest = static_cast<int64_t>(i);
    int64_t expected = 0;
    for (size_t k = shape.size(); k-- > 0;) {
      expected += (region[k].begin + rest % region[k].size()) * strides[axes[k]];
      rest /= region[k].size();
    }
    int64_t actual = 0;
    std::memcpy(&actual, &result[i], std::min(sizeof(T), sizeof(actual)));
    const int64_t mask = sizeof(T) >= 8 ? -1 : (int64_t{1} << (8 * sizeof(T))) - 1;
    ASSERT_EQ(actual, expected & mask) << ShapeToString(shape) << ShapeToString(axes) << " element " << i;
  }
}

TEST(Evaluate, PermutesPartsOfArraysOfEveryItemSize) {
  const std::pair<Shape, std::vector<int64_t>> cases[] = {{{70, 99}, {1, 0}},
                                                          {{64, 64}, {1, 0}},
                                                          {{1, 130}, {1, 0}},
                                                          {{5, 40, 37}, {2, 0, 1}},
                                                          {{5, 40, 37}, {0, 2, 1}},
                                                          {{5, 40, 37}, {1, 0, 2}},
                                                          {{5, 40, 37}, {2, 1, 0}},
                                                          {{5, 40, 37}, {1, 2, 0}},
                                                          {{3, 4, 5, 6}, {3, 1, 0, 2}},
                                                          {{2, 3, 33, 34}, {0, 1, 3, 2}},
                                                          {{7}, {0}}};
  for (const auto& [shape, axes] : cases) {
    ExpectPermuted<uint8_t>(DType::kUint8, shape, axes);
    ExpectPermuted<uint16_t>(DType::kFloat16, shape, axes);
    ExpectPermuted<uint32_t>(DType::kFloat32, shape, axes);
    ExpectPermuted<uint64_t>(DType::kInt64, shape, axes);
    ExpectPermuted<TwoWords>(DType::kComplex128, shape, axes);
  }
  ExpectPermuted<uint16_t>(DType::kFloat16, {}, {});
}

TEST(Evaluate, TakesRegionsThroughSlicePadAndConcat) {
  const ExprPtr numbers = Numbered<uint16_t>(DType::kInt16, {3, 4});
  const ExprPtr slice = *Slice(numbers, {{1, 3}, {1, 4}});
  EXPECT_EQ(EvaluateAs<uint16_t>(*slice), (std::vector<uint16_t>{5, 6, 7, 9, 10, 11}));
  EXPECT_EQ(EvaluateAs<uint16_t>(*slice, {{1, 2}, {1, 3}}), (std::vector<uint16_t>{10, 11}));

  const ExprPtr pad = *Pad(slice, {4, 5}, {{1, 3}, {2, 5}});
  EXPECT_EQ(EvaluateAs<uint16_t>(*pad), (std::vector<uint16_t>{0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 0, 0, 9, 10, 11, 0, 0, 0, 0, 0}));
  EXPECT_EQ(EvaluateAs<uint16_t>(*pad, {{0, 2}, {1, 4}}), (std::vector<uint16_t>{0, 0, 0, 0, 5, 6}));
  EXPECT_EQ(EvaluateAs<uint16_t>(*pad, {{2, 3}, {3, 5}}), (std::vector<uint16_t>{10, 11}));
  EXPECT_EQ(EvaluateAs<uint16_t>(*pad, {{0, 1}, {0, 2}}), (std::vector<uint16_t>{0, 0}));

  const ExprPtr rows = *Concat({slice, *Slice(numbers, {{0, 1}, {0, 3}}), slice}, 0);
  EXPECT_EQ(EvaluateAs<uint16_t>(*rows, {{1, 4}, {0, 2}}), (std::vector<uint16_t>{9, 10, 0, 1, 5, 6}));
  const ExprPtr columns = *Concat({numbers, *Slice(numbers, {{0, 3}, {0, 0}}), *Slice(numbers, {{0, 3}, {3, 4}})}, 1);
  EXPECT_EQ(EvaluateAs<uint16_t>(*columns), (std::vector<uint16_t>{0, 1, 2, 3, 3, 4, 5, 6, 7, 7, 8, 9, 10, 11, 11}));
  EXPECT_EQ(EvaluateAs<uint16_t>(*columns, {{1, 3}, {3, 5}}), (std::vector<uint16_t>{7, 7, 11, 11}));
}

TEST(Evaluate, PadsAlongThreeAxes) {
  const ExprPtr pad = *Pad(Numbered<uint16_t>(DType::kInt16, {2, 2, 2}), {4, 3, 3}, {{1, 3}, {0, 2}, {1, 3}});
  std::vector<uint16_t> expected(36);
  for (size_t i = 0; i < 8; ++i) expected[(1 + i / 4) * 9 + i / 2 % 2 * 3 + 1 + i % 2] = static_cast<uint16_t>(i);
  EXPECT_EQ(EvaluateAs<uint16_t>(*pad), expected);
}

TEST(Evaluate, TakesRegionsThroughAReshape) {
  const ExprPtr numbers = Numbered<uint16_t>(DType::kInt16, {4, 6});
  const ExprPtr three = *Reshape(numbers, {3, 2, 4});
  EXPECT_EQ(EvaluateAs<uint16_t>(*three), EvaluateAs<uint16_t>(*numbers));
  EXPECT_EQ(EvaluateAs<uint16_t>(*three, {{1, 3}, {1, 2}, {1, 4}}), (std::vector<uint16_t>{13, 14, 15, 21, 22, 23}));
  EXPECT_EQ(EvaluateAs<uint16_t>(*three, {{0, 2}, {0, 2}, {3, 4}}), (std::vector<uint16_t>{3, 7, 11, 15}));
  const ExprPtr askew = *Reshape(*Permute(Numbered<uint16_t>(DType::kInt16, {2, 3}), {1, 0}), {2, 3});
  EXPECT_EQ(EvaluateAs<uint16_t>(**Permute(askew, {1, 0})), (std::vector<uint16_t>{0, 4, 3, 2, 1, 5}));
  EXPECT_EQ(EvaluateAs<uint16_t>(*askew, {{1, 2}, {0, 2}}), (std::vector<uint16_t>{4, 2}));
  EXPECT_EQ(EvaluateAs<uint16_t>(**Reshape(*Reshape(numbers, {1, 24}), {24, 1}), {{5, 7}, {0, 1}}), (std::vector<uint16_t>{5, 6}));
}

TEST(Evaluate, PadsUnderTransposeAndAddsThroughCasts) {
  const std::vector<float> values = {1, 2, 3, 4};
  const ExprPtr half = *Cast(Stored(DType::kFloat32, {2, 2}, values), DType::kFloat16);
  const ExprPtr padded = *Pad(half, {3, 2}, {{0, 2}, {0, 2}});
  const ExprPtr delta = *Cast(Stored(DType::kFloat32, {3, 2}, std::vector<float>(6, 0.5F)), DType::kFloat16);
  const ExprPtr sum = *Permute(*Add(padded, delta), {1, 0});
  EXPECT_EQ(EvaluateAs<uint16_t>(*sum), (std::vector<uint16_t>{0x3e00, 0x4300, 0x3800, 0x4100, 0x4480, 0x3800}));
  EXPECT_EQ(EvaluateAs<uint16_t>(*sum, {{1, 2}, {1, 3}}), (std::vector<uint16_t>{0x4480, 0x3800}));
}

TEST(Evaluate, ReadsStridedAndScalarTensors) {
  const std::vector<uint16_t> values = {0, 1, 2, 3, 4, 5};
  const StoredTensor fortran = *StoredTensor::Create({DType::kInt16, {2, 3}}, MakeMemorySource("memory", BytesOf(values)), 0, {1, 2});
  EXPECT_EQ(EvaluateAs<uint16_t>(*Read("s/t", fortran)), (std::vector<uint16_t>{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(EvaluateAs<uint16_t>(**Cast(Stored(DType::kFloat32, {}, std::vector<float>{1}), DType::kFloat16)),
            (std::vector<uint16_t>{0x3c00}));
}

TEST(Evaluate, RefusesTooLittleScratch) {
  const ExprPtr expr = *Cast(Stored(DType::kFloat32, {4}, std::vector<float>(4)), DType::kFloat16);
  Scratch scratch(EvaluationBytes(*expr, 4) - 1);
  char out[8];
  EXPECT_EQ(Evaluate(*expr, WholeRegion({4}), absl::MakeSpan(out), scratch).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace weighbridge
