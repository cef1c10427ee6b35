#include "execute/normal_form.h"

#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/overloaded.h"
#include "execute/box.h"
#include "execute/box_testing.h"
#include "expr/expr.h"
#include "expr/expr_testing.h"
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

// "3 + 4*5 + 2*1": the origin, and each loop as its extent times its step in the output.
std::string Elements(const Box& box) {
  std::string text = absl::StrCat(box.origin);
  for (const Loop& loop : box.loops) absl::StrAppend(&text, " + ", loop.extent, "*", loop.step);
  return text;
}

// "byte 16 + 4*1": of a leaf, each loop as its extent times its stride in the source.
std::string Source(const Box& box, size_t leaf) {
  std::string text = absl::StrCat("byte ", box.leaves[leaf].offset);
  for (const Loop& loop : box.loops) absl::StrAppend(&text, " + ", loop.extent, "*", loop.strides[leaf]);
  return text;
}

// "load 0 float16, cast float32, …"
std::vector<std::string> Program(const Box& box) {
  std::vector<std::string> program;
  const Overloaded name = {[](const LoadLeaf& load) { return absl::StrCat("load ", load.leaf, " "); },
                           [](const PushZeros&) { return std::string("zeros "); },
                           [](const CastTop& cast) { return absl::StrCat("cast ", DTypeName(cast.from), " "); },
                           [](const AddTop&) { return std::string("add "); }};
  for (const Instruction& instruction : box.program) {
    program.push_back(absl::StrCat(std::visit(name, instruction), DTypeName(ResultDType(instruction))));
  }
  return program;
}

TEST(NormalFormTest, PaddingUnderATransposePadsColumns) {
  const ExprPtr a = Tensor("a", DType::kFloat16, {3, 4});
  const std::vector<Box> boxes = *Normalize(**Permute(*Pad(a, {5, 4}, {{0, 3}, {0, 4}}), {1, 0}));
  ASSERT_EQ(boxes.size(), 2);
  EXPECT_EQ(Elements(boxes[0]), "0 + 4*5 + 3*1");
  EXPECT_THAT(Program(boxes[0]), ElementsAre("load 0 float16"));
  EXPECT_EQ(boxes[0].leaves[0].read, a.get());
  EXPECT_EQ(Source(boxes[0], 0), "byte 0 + 4*1 + 3*4");
  EXPECT_EQ(Elements(boxes[1]), "3 + 4*5 + 2*1");
  EXPECT_THAT(Program(boxes[1]), ElementsAre("zeros float16"));
}

TEST(NormalFormTest, ASliceMovesTheOffset) {
  const std::vector<Box> boxes = *Normalize(**Slice(Tensor("a", DType::kFloat32, {3, 4}), {{1, 3}, {2, 4}}));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_EQ(Elements(boxes[0]), "0 + 2*2 + 2*1");
  EXPECT_EQ(Source(boxes[0], 0), absl::StrCat("byte ", (1 * 4 + 2) * 4, " + 2*4 + 2*1"));
}

TEST(NormalFormTest, ASumIsCutWhereEitherOperandIs) {
  const ExprPtr a = Tensor("a", DType::kFloat32, {4});
  const ExprPtr b = Tensor("b", DType::kFloat32, {2});
  const ExprPtr c = Tensor("c", DType::kFloat32, {3});
  const std::vector<Box> boxes = *Normalize(**Add(*Pad(a, {5}, {{0, 4}}), *Concat({b, c}, 0)));
  ASSERT_EQ(boxes.size(), 3);
  EXPECT_EQ(Elements(boxes[0]), "0 + 2*1");
  EXPECT_THAT(Program(boxes[0]), ElementsAre("load 0 float32", "load 1 float32", "add float32"));
  EXPECT_EQ(Elements(boxes[1]), "2 + 2*1");
  EXPECT_EQ(boxes[1].leaves[0].read, a.get());
  EXPECT_EQ(Source(boxes[1], 0), "byte 8 + 2*1");
  EXPECT_EQ(boxes[1].leaves[1].read, c.get());
  EXPECT_EQ(Source(boxes[1], 1), "byte 0 + 2*1");
  // Not a copy of c: the sum turns -0 into +0.
  EXPECT_EQ(Elements(boxes[2]), "4");
  EXPECT_THAT(Program(boxes[2]), ElementsAre("zeros float32", "load 0 float32", "add float32"));
  EXPECT_EQ(Source(boxes[2], 0), "byte 8");
  EXPECT_EQ(boxes[2].StackDepth(), 2);
}

TEST(NormalFormTest, CastsAndSumsOfZerosAndCastsToTheSameDTypeDisappear) {
  const ExprPtr zeros = *Pad(Tensor("a", DType::kFloat32, {0}), {3}, {{1, 1}});
  std::vector<Box> boxes = *Normalize(**Add(*Cast(zeros, DType::kFloat16), *Cast(zeros, DType::kFloat16)));
  for (const Box& box : boxes) EXPECT_THAT(Program(box), ElementsAre("zeros float16"));
  boxes = *Normalize(**Cast(Tensor("a", DType::kInt8, {3}), DType::kInt8));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_THAT(Program(boxes[0]), ElementsAre("load 0 int8"));
}

TEST(NormalFormTest, CastsSayFromWhatToWhat) {
  const ExprPtr a = Tensor("a", DType::kFloat64, {3});
  const std::vector<Box> boxes = *Normalize(**Cast(*Cast(a, DType::kFloat32), DType::kBfloat16));
  EXPECT_THAT(Program(boxes.at(0)), ElementsAre("load 0 float64", "cast float64 float32", "cast float32 bfloat16"));
}

TEST(NormalFormTest, NothingForNoElementsAndOneBoxForAScalar) {
  EXPECT_TRUE(Normalize(*Tensor("a", DType::kFloat32, {3, 0}))->empty());
  EXPECT_TRUE(Normalize(**Slice(Tensor("a", DType::kFloat32, {3}), {{1, 1}}))->empty());
  const std::vector<Box> boxes = *Normalize(*Tensor("a", DType::kFloat32, {}));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_TRUE(boxes[0].loops.empty());
}

TEST(NormalFormTest, AReshapeMergesAndSplitsLoops) {
  const ExprPtr a = Tensor("a", DType::kFloat16, {4, 6});
  std::vector<Box> boxes = *Normalize(**Reshape(a, {3, 8}));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_EQ(Elements(boxes[0]), "0 + 4*6 + 6*1");
  boxes = *Normalize(**Permute(*Reshape(a, {3, 2, 4}), {1, 2, 0}));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_EQ(Elements(boxes[0]), "0 + 2*12 + 4*3 + 3*1");
  EXPECT_EQ(Source(boxes[0], 0), "byte 0 + 2*4 + 4*1 + 3*8");
}

TEST(NormalFormTest, AnAxisMayBeSeveralLoops) {
  const ExprPtr flat = *Reshape(*Permute(Tensor("a", DType::kFloat16, {2, 3}), {1, 0}), {6});
  std::vector<Box> boxes = *Normalize(*flat);
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_EQ(Elements(boxes[0]), "0 + 3*2 + 2*1");
  EXPECT_EQ(Source(boxes[0], 0), "byte 0 + 3*1 + 2*3");
  // A slice of it begins and ends within rows.
  boxes = *Normalize(**Slice(flat, {{1, 5}}));
  ASSERT_EQ(boxes.size(), 3);
  EXPECT_EQ(Elements(boxes[0]), "0");
  EXPECT_EQ(Elements(boxes[1]), "1 + 2*1");
  EXPECT_EQ(Source(boxes[1], 0), "byte 2 + 2*3");
  EXPECT_EQ(Elements(boxes[2]), "3");
  // Beside what is one loop, both are two.
  boxes = *Normalize(**Add(flat, *Reshape(Tensor("b", DType::kFloat16, {6}), {6})));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_EQ(Elements(boxes[0]), "0 + 3*2 + 2*1");
  EXPECT_EQ(Source(boxes[0], 1), "byte 0 + 3*2 + 2*1");
}

TEST(NormalFormTest, WhatNoLoopsCanFollowIsUnimplementedByName) {
  const ExprPtr transposed = *Permute(Tensor("a", DType::kFloat16, {2, 3}), {1, 0});
  const ExprPtr askew = *Reshape(transposed, {2, 3});
  const ExprPtr b = Tensor("b", DType::kFloat16, {2, 3});
  EXPECT_TRUE(Normalize(*askew).ok());
  EXPECT_TRUE(Normalize(**Add(askew, b)).ok());
  const ExprPtr kRefused[] = {*Permute(askew, {1, 0}), *Slice(askew, {{0, 2}, {0, 2}}), *Pad(askew, {2, 4}, {{0, 2}, {0, 3}}),
                              *Concat({b, askew}, 0), *Add(askew, *Permute(Tensor("c", DType::kFloat16, {3, 2}), {1, 0}))};
  for (const ExprPtr& expr : kRefused) {
    const absl::Status status = Normalize(*expr).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << ToString(*expr);
    EXPECT_THAT(status.message(), HasSubstr("reshape(transpose(a), [2, 3])"));
  }
}

TEST(NormalFormTest, BoxesMakeEveryElementOnceByItsDefinition) {
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    constexpr DType kDTypes[] = {DType::kFloat16, DType::kFloat32, DType::kInt8};
    const TensorSpec spec = {kDTypes[random() % 3], RandomShape(random, 6)};
    const ExprPtr expr = RandomExpr(random, spec, 6);
    const absl::StatusOr<std::vector<Box>> boxes = Normalize(*expr);
    if (boxes.status().code() == absl::StatusCode::kUnimplemented && absl::StrContains(ToString(*expr), "reshape(")) {
      ++refused;
      continue;
    }
    ASSERT_TRUE(boxes.ok()) << boxes.status();
    const absl::StatusOr<std::string> bytes = BytesOfBoxes(*boxes, spec);
    ASSERT_TRUE(bytes.ok()) << bytes.status() << ": round " << round << ": " << ToString(*expr);
    ASSERT_TRUE(*bytes == NaiveBytes(*expr)) << "round " << round << ": " << ToString(*expr);
  }
  EXPECT_LT(refused, 600);
}

}  // namespace
}  // namespace weighbridge
