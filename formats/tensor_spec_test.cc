#include "formats/tensor_spec.h"

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(TensorSpecTest, EveryDTypeHasAUniqueNameThatParses) {
  EXPECT_EQ(AllDTypes().size(), 20u);
  for (DType dtype : AllDTypes()) {
    EXPECT_EQ(ParseDType(DTypeName(dtype)), dtype) << DTypeName(dtype);
    EXPECT_GE(ItemSize(dtype), 1);
  }
  EXPECT_EQ(ParseDType("float"), std::nullopt);
  EXPECT_EQ(ParseDType(""), std::nullopt);
}

TEST(TensorSpecTest, SizesAreProductsOfExtents) {
  EXPECT_EQ(*ByteSize({DType::kFloat16, {3, 5}}), 30);
  EXPECT_EQ(*ByteSize({DType::kComplex128, {}}), 16);
  EXPECT_EQ(*ElementCount({int64_t{1} << 62, int64_t{1} << 62, 0}), 0);
}

TEST(TensorSpecTest, RefusesNegativeExtentsAndOverflow) {
  EXPECT_EQ(ElementCount({2, -1}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ElementCount({0, -1}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ElementCount({int64_t{1} << 32, int64_t{1} << 31}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ByteSize({DType::kFloat64, {int64_t{1} << 60}}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(TensorSpecTest, OnlyRealFloatingPointIsFloatingPoint) {
  EXPECT_TRUE(IsFloatingPoint(DType::kFloat8E4M3Fn));
  EXPECT_TRUE(IsFloatingPoint(DType::kBfloat16));
  EXPECT_TRUE(IsFloatingPoint(DType::kFloat64));
  EXPECT_FALSE(IsFloatingPoint(DType::kComplex64));
  EXPECT_FALSE(IsFloatingPoint(DType::kInt64));
  EXPECT_FALSE(IsFloatingPoint(DType::kBool));
}

TEST(TensorSpecTest, Prints) {
  EXPECT_EQ(ToString({DType::kFloat16, {2, 3}}), "float16 [2, 3]");
  EXPECT_EQ(ToString({DType::kInt64, {}}), "int64 []");
}

}  // namespace
}  // namespace weighbridge
