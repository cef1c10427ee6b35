#include "formats/checkpoint.h"

#include "absl/status/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/stored_tensor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

StoredTensor Scalar() {
  return *StoredTensor::CreateRowMajor({DType::kUint8, {}}, MakeMemorySource("memory", "x"), 0);
}

TEST(CheckpointTest, KeepsFileOrderAndFindsByName) {
  Checkpoint checkpoint;
  ASSERT_TRUE(checkpoint.Add({"b", Scalar(), "linear_0.w_0"}).ok());
  ASSERT_TRUE(checkpoint.Add({"a", Scalar(), ""}).ok());
  EXPECT_EQ(checkpoint.tensors()[0].name, "b");
  EXPECT_EQ(checkpoint.tensors()[1].name, "a");
  EXPECT_EQ(checkpoint.Find("b")->tensor_name, "linear_0.w_0");
  EXPECT_EQ(checkpoint.Find("c"), nullptr);
}

TEST(CheckpointTest, RefusesTheSameNameTwice) {
  Checkpoint checkpoint;
  ASSERT_TRUE(checkpoint.Add({"a.b", Scalar(), ""}).ok());
  const absl::Status status = checkpoint.Add({"a.b", Scalar(), ""});
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), testing::HasSubstr("\"a.b\""));
  EXPECT_EQ(checkpoint.tensors().size(), 1u);
}

}  // namespace
}  // namespace weighbridge
