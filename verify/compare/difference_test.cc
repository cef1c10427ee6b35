#include "verify/compare/difference.h"

#include <string>
#include <vector>

#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

std::string BytesOf(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

TEST(Difference, OfComplexElementsLooksAtBothParts) {
  const std::string expected = BytesOf({1, 2, 3, 4});
  DifferenceFinder finder(DType::kComplex64, {});
  finder.Compare(0, BytesOf({1, 2, 3, 4.5F}), expected);
  EXPECT_EQ(finder.found().elements, 1);
  EXPECT_EQ(finder.found().first.position, 1);
  EXPECT_EQ(finder.found().numbers, 2);
  EXPECT_EQ(finder.found().max_absolute, 0.5);
  EXPECT_EQ(finder.found().worst.expected, expected.substr(8));
}

}  // namespace
}  // namespace weighbridge
