#include "execute/normal_form.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

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

ExprPtr Tensor(const std::string& label, DType dtype, Shape shape) {
  TensorSpec spec = {dtype, std::move(shape)};
  std::string bytes(*ByteSize(spec), '\0');
  return Read(label, *StoredTensor::CreateRowMajor(std::move(spec), MakeMemorySource("memory", std::move(bytes)), 0));
}

// "load 0, cast float16, …"
std::vector<std::string> Program(const Box& box) {
  std::vector<std::string> program;
  for (const Instruction& instruction : box.program) {
    const std::string dtype(DTypeName(instruction.dtype));
    switch (instruction.op) {
      case Instruction::Op::kLoad:
        program.push_back("load " + std::to_string(instruction.leaf) + " " + dtype);
        break;
      case Instruction::Op::kZero:
        program.push_back("zero " + dtype);
        break;
      case Instruction::Op::kCast:
        program.push_back("cast " + dtype);
        break;
      case Instruction::Op::kAdd:
        program.push_back("add " + dtype);
        break;
    }
  }
  return program;
}

TEST(NormalFormTest, PaddingUnderATransposePadsColumns) {
  const ExprPtr a = Tensor("a", DType::kFloat16, {3, 4});
  const ExprPtr expr = *Permute(*Pad(a, {5, 4}, {{0, 3}, {0, 4}}), {1, 0});
  const std::vector<Box> boxes = Normalize(*expr);
  ASSERT_EQ(boxes.size(), 2);
  EXPECT_EQ(boxes[0].region, (Region{{0, 4}, {0, 3}}));
  EXPECT_THAT(Program(boxes[0]), ElementsAre("load 0 float16"));
  EXPECT_EQ(boxes[0].leaves[0].read, a.get());
  EXPECT_EQ(boxes[0].leaves[0].offset, 0);
  EXPECT_THAT(boxes[0].leaves[0].strides, ElementsAre(1, 4));
  EXPECT_EQ(boxes[1].region, (Region{{0, 4}, {3, 5}}));
  EXPECT_THAT(Program(boxes[1]), ElementsAre("zero float16"));
}

TEST(NormalFormTest, ASliceMovesTheOffset) {
  const std::vector<Box> boxes = Normalize(**Slice(Tensor("a", DType::kFloat32, {3, 4}), {{1, 3}, {2, 4}}));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_EQ(boxes[0].region, (Region{{0, 2}, {0, 2}}));
  EXPECT_EQ(boxes[0].leaves[0].offset, (1 * 4 + 2) * 4);
  EXPECT_THAT(boxes[0].leaves[0].strides, ElementsAre(4, 1));
}

TEST(NormalFormTest, ASumIsCutWhereEitherOperandIs) {
  const ExprPtr a = Tensor("a", DType::kFloat32, {4});
  const ExprPtr b = Tensor("b", DType::kFloat32, {2});
  const ExprPtr c = Tensor("c", DType::kFloat32, {3});
  const std::vector<Box> boxes = Normalize(**Add(*Pad(a, {5}, {{0, 4}}), *Concat({b, c}, 0)));
  ASSERT_EQ(boxes.size(), 3);
  EXPECT_EQ(boxes[0].region, (Region{{0, 2}}));
  EXPECT_THAT(Program(boxes[0]), ElementsAre("load 0 float32", "load 1 float32", "add float32"));
  EXPECT_EQ(boxes[1].region, (Region{{2, 4}}));
  EXPECT_EQ(boxes[1].leaves[0].read, a.get());
  EXPECT_EQ(boxes[1].leaves[0].offset, 2 * 4);
  EXPECT_EQ(boxes[1].leaves[1].read, c.get());
  EXPECT_EQ(boxes[1].leaves[1].offset, 0);
  // Not a copy of c: the sum turns -0 into +0.
  EXPECT_EQ(boxes[2].region, (Region{{4, 5}}));
  EXPECT_THAT(Program(boxes[2]), ElementsAre("zero float32", "load 0 float32", "add float32"));
  EXPECT_EQ(boxes[2].leaves[0].offset, 2 * 4);
  EXPECT_EQ(boxes[2].StackDepth(), 2);
}

TEST(NormalFormTest, CastsAndSumsOfZerosAndCastsToTheSameDTypeDisappear) {
  const ExprPtr zeros = *Pad(Tensor("a", DType::kFloat32, {0}), {3}, {{1, 1}});
  for (const Box& box : Normalize(**Add(*Cast(zeros, DType::kFloat16), *Cast(zeros, DType::kFloat16)))) {
    EXPECT_THAT(Program(box), ElementsAre("zero float16"));
  }
  const std::vector<Box> boxes = Normalize(**Cast(Tensor("a", DType::kInt8, {3}), DType::kInt8));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_THAT(Program(boxes[0]), ElementsAre("load 0 int8"));
}

TEST(NormalFormTest, NothingForNoElementsAndOneBoxForAScalar) {
  EXPECT_TRUE(Normalize(*Tensor("a", DType::kFloat32, {3, 0})).empty());
  EXPECT_TRUE(Normalize(**Slice(Tensor("a", DType::kFloat32, {3}), {{1, 1}})).empty());
  const std::vector<Box> boxes = Normalize(*Tensor("a", DType::kFloat32, {}));
  ASSERT_EQ(boxes.size(), 1);
  EXPECT_TRUE(boxes[0].region.empty());
}

TEST(NormalFormTest, BoxesCoverEveryElementOnce) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    const TensorSpec spec = {DType::kFloat16, RandomShape(random, 6)};
    const ExprPtr expr = RandomExpr(random, spec, 6);
    const std::vector<int64_t> steps = RowMajorStrides(spec.shape);
    std::vector<int> covered(*ElementCount(spec.shape), 0);
    for (const Box& box : Normalize(*expr)) {
      std::vector<size_t> elements = {0};
      for (size_t k = 0; k < box.region.size(); ++k) {
        std::vector<size_t> next;
        for (size_t element : elements) {
          for (int64_t i = box.region[k].begin; i < box.region[k].end; ++i) next.push_back(element + i * steps[k]);
        }
        elements = std::move(next);
      }
      for (size_t element : elements) ++covered.at(element);
      EXPECT_EQ(box.program.back().dtype, spec.dtype);
    }
    EXPECT_TRUE(std::all_of(covered.begin(), covered.end(), [](int times) { return times == 1; })) << ToString(*expr);
  }
}

}  // namespace
}  // namespace weighbridge
