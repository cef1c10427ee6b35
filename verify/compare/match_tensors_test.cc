#include "verify/compare/match_tensors.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using testing::ElementsAre;

Plan MakePlan(const std::vector<std::string>& names) {
  Plan plan;
  for (const std::string& name : names) plan.outputs.push_back({.name = name, .expr = nullptr, .tensor_name = ""});
  return plan;
}

Checkpoint MakeCheckpoint(const std::vector<std::string>& names, bool is_ordered) {
  Checkpoint checkpoint;
  checkpoint.is_ordered = is_ordered;
  const StoredTensor tensor = *StoredTensor::CreateRowMajor({DType::kUint8, {0}}, MakeMemorySource("f", ""), 0);
  for (const std::string& name : names) EXPECT_TRUE(checkpoint.Add({name, tensor, ""}).ok());
  return checkpoint;
}

// "a" for a tensor of both, "a missing", "a unexpected", "a out of order".
std::vector<std::string> Match(const std::vector<std::string>& planned, const std::vector<std::string>& actual, bool is_ordered = true) {
  const Plan plan = MakePlan(planned);
  const Checkpoint checkpoint = MakeCheckpoint(actual, is_ordered);
  std::vector<std::string> rows;
  for (const MatchedTensor& row : MatchTensors(plan, checkpoint)) {
    if (row.planned != nullptr) {
      EXPECT_EQ(row.planned, &plan.outputs[row.planned_position]);
    }
    if (row.actual != nullptr) {
      EXPECT_EQ(row.actual, &checkpoint.tensors()[row.actual_position]);
    }
    rows.push_back(absl::StrCat(row.actual == nullptr ? row.planned->name : row.actual->name, row.actual == nullptr ? " missing" : "",
                                row.planned == nullptr ? " unexpected" : "", row.out_of_order ? " out of order" : ""));
  }
  return rows;
}

TEST(MatchTensorsTest, MatchesByNameInFileOrder) {
  EXPECT_THAT(Match({"a", "b"}, {"a", "b"}), ElementsAre("a", "b"));
  EXPECT_THAT(Match({"a", "b", "c", "d"}, {"b", "x", "d"}), ElementsAre("a missing", "b", "c missing", "x unexpected", "d"));
  EXPECT_THAT(Match({}, {}), ElementsAre());
}

TEST(MatchTensorsTest, FindsTheFewestTensorsThatAreOutOfOrder) {
  EXPECT_THAT(Match({"a", "b", "c", "d"}, {"d", "a", "b", "c"}), ElementsAre("d out of order", "a", "b", "c"));
  EXPECT_THAT(Match({"a", "b", "c"}, {"c", "x", "a", "b"}), ElementsAre("c out of order", "x unexpected", "a", "b"));
}

TEST(MatchTensorsTest, FindsNoneWhereTheContainerSorts) {
  EXPECT_THAT(Match({"a", "b", "c", "d"}, {"d", "a", "c", "b"}, /*is_ordered=*/false), ElementsAre("d", "a", "c", "b"));
  EXPECT_THAT(Match({"a", "b", "c"}, {"c", "x", "a"}, /*is_ordered=*/false), ElementsAre("c", "x unexpected", "a", "b missing"));
}

}  // namespace
}  // namespace weighbridge
