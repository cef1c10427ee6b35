#include "expr/expr.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ExprPtr Tensor(const std::string& label, DType dtype, Shape shape) {
  TensorSpec spec = {dtype, std::move(shape)};
  std::string bytes(*ByteSize(spec), '\0');
  return Read(label, *StoredTensor::CreateRowMajor(std::move(spec), MakeMemorySource("memory", std::move(bytes)), 0));
}

TEST(ExprTest, ResultSpecs) {
  const ExprPtr a = Tensor("a", DType::kFloat32, {2, 3, 4});
  EXPECT_EQ(a->spec(), (TensorSpec{DType::kFloat32, {2, 3, 4}}));
  EXPECT_EQ((*Permute(a, {2, 0, 1}))->spec(), (TensorSpec{DType::kFloat32, {4, 2, 3}}));
  EXPECT_EQ((*Slice(a, {{0, 2}, {1, 1}, {2, 4}}))->spec(), (TensorSpec{DType::kFloat32, {2, 0, 2}}));
  EXPECT_EQ((*Concat({a, a, a}, 1))->spec(), (TensorSpec{DType::kFloat32, {2, 9, 4}}));
  EXPECT_EQ((*Pad(a, {2, 5, 4}, {{0, 2}, {1, 4}, {0, 4}}))->spec(), (TensorSpec{DType::kFloat32, {2, 5, 4}}));
  EXPECT_EQ((*Reshape(a, {4, 6}))->spec(), (TensorSpec{DType::kFloat32, {4, 6}}));
  EXPECT_EQ((*Cast(a, DType::kBfloat16))->spec(), (TensorSpec{DType::kBfloat16, {2, 3, 4}}));
  EXPECT_EQ((*Add(a, a))->spec(), a->spec());
}

TEST(ExprTest, TextOfEachOperation) {
  const ExprPtr a = Tensor("s/a", DType::kFloat32, {2, 3});
  const ExprPtr b = Tensor("s/b", DType::kFloat32, {2, 3});
  const ExprPtr c = Tensor("s/c", DType::kFloat32, {2, 3, 4});
  EXPECT_EQ(ToString(*a), "s/a");
  EXPECT_EQ(ToString(**Permute(a, {1, 0})), "transpose(s/a)");
  EXPECT_EQ(ToString(**Permute(a, {0, 1})), "permute(s/a, [0, 1])");
  EXPECT_EQ(ToString(**Permute(c, {2, 0, 1})), "permute(s/c, [2, 0, 1])");
  EXPECT_EQ(ToString(**Slice(a, {{0, 2}, {1, 3}})), "slice(s/a, [:, 1:3])");
  EXPECT_EQ(ToString(**Concat({a, b}, 0)), "concat(s/a, s/b, axis=0)");
  EXPECT_EQ(ToString(**Pad(a, {4, 3}, {{0, 2}, {0, 3}})), "pad(s/a, [4, 3])");
  EXPECT_EQ(ToString(**Pad(a, {4, 3}, {{1, 3}, {0, 3}})), "pad(s/a, [4, 3], at=[1, 0])");
  EXPECT_EQ(ToString(**Reshape(c, {6, 4})), "reshape(s/c, [6, 4])");
  EXPECT_EQ(ToString(**Cast(*Add(a, b), DType::kFloat16)), "cast(add(s/a, s/b), float16)");
}

// Equal, and of one hash, when it is built twice, whatever its leaves are called; another when anything else of it differs.
TEST(ExprTest, EqualityIsOfTheWholeExpressionAndOfNothingElse) {
  const ByteSourcePtr source = MakeMemorySource("memory", std::string(1000, '\0'));
  const auto stored = [&](const std::string& label, const TensorSpec& spec, int64_t offset, const std::vector<int64_t>& strides) {
    return Read(label, *StoredTensor::Create(spec, source, offset, strides));
  };
  const TensorSpec spec = {DType::kFloat32, {2, 3}};
  const auto build = [&](const std::string& label) {
    const ExprPtr a = stored(label, spec, 0, {3, 1});
    const ExprPtr b = stored(label, spec, 24, {3, 1});
    return std::vector<ExprPtr>{a,
                                b,
                                stored(label, spec, 0, {3, 2}),
                                stored(label, {DType::kInt32, {2, 3}}, 0, {3, 1}),
                                stored(label, {DType::kFloat32, {3, 2}}, 0, {3, 1}),
                                *Permute(a, {1, 0}),
                                *Permute(a, {0, 1}),
                                *Slice(a, {{0, 1}, {0, 3}}),
                                *Slice(a, {{1, 2}, {0, 3}}),
                                *Concat({a, b}, 0),
                                *Concat({b, a}, 0),
                                *Concat({a, b}, 1),
                                *Concat({a, b, b}, 0),
                                *Pad(a, {4, 3}, {{0, 2}, {0, 3}}),
                                *Pad(a, {4, 3}, {{1, 3}, {0, 3}}),
                                *Pad(a, {5, 3}, {{0, 2}, {0, 3}}),
                                *Reshape(a, {3, 2}),
                                *Reshape(a, {6}),
                                *Reshape(b, {6}),
                                *Cast(a, DType::kFloat16),
                                *Cast(a, DType::kBfloat16),
                                *Add(a, b),
                                *Add(b, a)};
  };
  const std::vector<ExprPtr> ones = build("one");
  const std::vector<ExprPtr> others = build("other");
  for (size_t i = 0; i < ones.size(); ++i) {
    for (size_t k = 0; k < others.size(); ++k) {
      EXPECT_EQ(*ones[i] == *others[k], i == k) << ToString(*ones[i]) << " and " << ToString(*others[k]);
    }
    EXPECT_EQ(absl::HashOf(*ones[i]), absl::HashOf(*others[i])) << ToString(*ones[i]);
  }
}

TEST(ExprTest, LeavesComeOnceInTheOrderOfTheText) {
  const ExprPtr a = Tensor("a", DType::kFloat32, {2});
  const ExprPtr b = Tensor("b", DType::kFloat32, {2});
  EXPECT_THAT(Leaves(**Add(*Add(b, a), *Concat({*Slice(b, {{0, 1}}), *Slice(a, {{0, 1}})}, 0))), ElementsAre(b.get(), a.get()));
}

TEST(ExprTest, WhatDoesNotFitIsRefused) {
  const ExprPtr a = Tensor("a", DType::kFloat32, {2, 3});
  const ExprPtr scalar = Tensor("scalar", DType::kFloat32, {});
  const ExprPtr half = Tensor("half", DType::kFloat16, {2, 3});
  const ExprPtr ints = Tensor("ints", DType::kInt32, {2, 3});
  const ExprPtr doubles = Tensor("doubles", DType::kFloat64, {2, 3});
  const ExprPtr other_rows = Tensor("rows", DType::kFloat32, {3, 3});
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  const ExprPtr wide = *Pad(Tensor("empty", DType::kUint8, {0, 0}), {kHuge, 0}, {{0, 0}, {0, 0}});
  struct Case {
    const char* what;
    absl::StatusOr<ExprPtr> expr;
    absl::StatusCode code;
  };
  const Case kCases[] = {
      {"permute: too few axes", Permute(a, {0}), absl::StatusCode::kInvalidArgument},
      {"permute: an axis twice", Permute(a, {0, 0}), absl::StatusCode::kInvalidArgument},
      {"permute: a negative axis", Permute(a, {-1, 0}), absl::StatusCode::kInvalidArgument},
      {"slice: too few ranges", Slice(a, {{0, 1}}), absl::StatusCode::kInvalidArgument},
      {"slice: beyond the end", Slice(a, {{0, 3}, {0, 3}}), absl::StatusCode::kInvalidArgument},
      {"slice: before the start", Slice(a, {{-1, 1}, {0, 3}}), absl::StatusCode::kInvalidArgument},
      {"slice: turned round", Slice(a, {{2, 1}, {0, 3}}), absl::StatusCode::kInvalidArgument},
      {"concat: nothing", Concat({}, 0), absl::StatusCode::kInvalidArgument},
      {"concat: of scalars", Concat({scalar}, 0), absl::StatusCode::kInvalidArgument},
      {"concat: no such axis", Concat({a}, 2), absl::StatusCode::kInvalidArgument},
      {"concat: another dtype", Concat({a, half}, 0), absl::StatusCode::kInvalidArgument},
      {"concat: another rank", Concat({a, scalar}, 0), absl::StatusCode::kInvalidArgument},
      {"concat: another extent", Concat({a, other_rows}, 1), absl::StatusCode::kInvalidArgument},
      {"concat: more than 2^63 rows", Concat({wide, wide}, 0), absl::StatusCode::kInvalidArgument},
      {"pad: too small", Pad(a, {2, 2}, {{0, 2}, {0, 2}}), absl::StatusCode::kInvalidArgument},
      {"pad: not exactly inside", Pad(a, {4, 3}, {{0, 4}, {0, 3}}), absl::StatusCode::kInvalidArgument},
      {"pad: outside", Pad(a, {4, 3}, {{3, 5}, {0, 3}}), absl::StatusCode::kInvalidArgument},
      {"pad: more than 2^63 bytes", Pad(a, {kHuge, 3}, {{0, 2}, {0, 3}}), absl::StatusCode::kInvalidArgument},
      {"reshape: more elements", Reshape(a, {2, 2, 2}), absl::StatusCode::kInvalidArgument},
      {"reshape: a negative extent", Reshape(a, {-2, -3}), absl::StatusCode::kInvalidArgument},
      {"reshape: to more than 2^63 elements", Reshape(a, {kHuge, 2}), absl::StatusCode::kInvalidArgument},
      {"cast: of integers", Cast(ints, DType::kFloat32), absl::StatusCode::kUnimplemented},
      {"cast: to integers", Cast(a, DType::kInt32), absl::StatusCode::kUnimplemented},
      {"cast: to float64", Cast(a, DType::kFloat64), absl::StatusCode::kUnimplemented},
      {"add: another shape", Add(a, other_rows), absl::StatusCode::kInvalidArgument},
      {"add: another dtype", Add(a, half), absl::StatusCode::kInvalidArgument},
      {"add: of integers", Add(ints, ints), absl::StatusCode::kUnimplemented},
      {"add: of float64", Add(doubles, doubles), absl::StatusCode::kUnimplemented},
  };
  for (const Case& c : kCases) EXPECT_EQ(c.expr.status().code(), c.code) << c.what << ": " << c.expr.status();
}

TEST(ExprTest, EveryDTypeCastsToItself) {
  for (DType dtype : AllDTypes()) EXPECT_TRUE(Cast(Tensor("a", dtype, {2}), dtype).ok()) << DTypeName(dtype);
}

TEST(ExprTest, DepthIsLimited) {
  absl::StatusOr<ExprPtr> expr = Tensor("a", DType::kFloat32, {2, 3});
  int depth = 1;
  for (; expr.ok() && depth < 2000; ++depth) expr = Permute(*expr, {1, 0});
  EXPECT_EQ(depth, 1001);
  EXPECT_EQ(expr.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(expr.status().message(), HasSubstr("more than 1000 operations"));
}

}  // namespace
}  // namespace weighbridge
