#include "recipe/foreign_tensor.h"

#include <string>
#include <vector>

#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "recipe/compile_testing.h"

namespace weighbridge {
namespace {

std::string Foreign(const std::vector<std::string>& names) {
  const Recipe recipe = ParseRecipe(R"(
      sources { id: 'a' description: 'A' }
      sections { source: 'a' entries { tensor { from: 'head.w' to: 'x' } }
                             entries { layers { count: '2' tensors { from: 'l.{i}.w{2 * i}' to: 'y.{i}' } } } }
      sections { source: 'a' takes { match: 't*' } }
      drops { source: 'a' match: '*.b' reason: 'none' })");
  std::vector<Zeros> tensors;
  for (const std::string& name : names) tensors.push_back({name, {DType::kFloat32, {1}}, ""});
  return FindForeignTensor(recipe, *MakeSource("a", tensors).checkpoint);
}

TEST(ForeignTensorTest, IsTheFirstThatNoRuleSpeaksOf) {
  EXPECT_EQ(Foreign({"head.w", "l.0.w0", "l.1.w2", "tail", "x.b"}), "");
  EXPECT_EQ(Foreign({"head.w", "l.0.qw", "other"}), "l.0.qw");
  EXPECT_EQ(Foreign({"head"}), "head");
}

TEST(ForeignTensorTest, TooManyLayersAndTooFewAreNotForeign) {
  EXPECT_EQ(Foreign({"l.99.w198"}), "");
  EXPECT_EQ(Foreign({}), "");
}

}  // namespace
}  // namespace weighbridge
