#include "execute/layout_rows.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(LayoutRowsTest, OutputsOfTheSameOperationsOnTheSameBytesAreTheSameTensorIfTheyHaveElements) {
  const ByteSourcePtr source = MakeMemorySource("memory", std::string(24, '\0'));
  const auto tensor = [&](Shape shape) {
    return Read("a", *StoredTensor::CreateRowMajor({.dtype = DType::kFloat32, .shape = std::move(shape)}, source, 0));
  };
  Plan plan;
  const auto add = [&plan](ExprPtr expr) {
    plan.outputs.push_back({.name = std::to_string(plan.outputs.size()), .expr = std::move(expr)});
  };
  const ExprPtr empty = tensor({0, 3});
  add(*Slice(tensor({2, 3}), {{0, 1}, {0, 3}}));
  add(*Slice(tensor({2, 3}), {{1, 2}, {0, 3}}));
  add(*Slice(tensor({2, 3}), {{0, 1}, {0, 3}}));
  add(*Slice(tensor({2, 3}), {{0, 0}, {0, 3}}));
  add(*Slice(tensor({2, 3}), {{0, 0}, {0, 3}}));
  add(*Concat({empty, tensor({2, 3})}, 0));
  add(*Concat({empty, tensor({2, 3})}, 0));
  std::vector<int64_t> same_as;
  for (const LayoutRow& row : LayoutRows(plan)) same_as.push_back(row.same_as.has_value() ? static_cast<int64_t>(*row.same_as) : -1);
  EXPECT_EQ(same_as, (std::vector<int64_t>{-1, -1, 0, -1, -1, -1, 5}));
}

}  // namespace
}  // namespace weighbridge
