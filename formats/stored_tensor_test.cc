#include "formats/stored_tensor.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kLimit = INT64_MAX;

// 0, 1, 2, … as int32.
ByteSourcePtr Counting(int64_t count) {
  std::string bytes(count * 4, '\0');
  for (int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<int32_t>(i);
    std::memcpy(bytes.data() + i * 4, &value, 4);
  }
  return MakeMemorySource("counting", std::move(bytes));
}

std::vector<int32_t> Read(const StoredTensor& tensor, const Region& region) {
  int64_t count = 1;
  for (const IndexRange& range : region) count *= range.size();
  std::vector<int32_t> values(count, -1);
  const absl::Status status = ReadRegion(tensor, region, absl::MakeSpan(reinterpret_cast<char*>(values.data()), count * 4));
  EXPECT_TRUE(status.ok()) << status;
  return values;
}

TEST(StoredTensorTest, ReadsAnyStridesInRowMajorOrder) {
  const StoredTensor transposed = *StoredTensor::Create({DType::kInt32, {3, 2}}, Counting(6), 0, {1, 3});
  EXPECT_THAT(Read(transposed, WholeRegion(transposed.spec().shape)), ElementsAre(0, 3, 1, 4, 2, 5));
  const StoredTensor expanded = *StoredTensor::Create({DType::kInt32, {2, 3}}, Counting(3), 0, {0, 1});
  EXPECT_THAT(Read(expanded, WholeRegion(expanded.spec().shape)), ElementsAre(0, 1, 2, 0, 1, 2));
  const StoredTensor windows = *StoredTensor::Create({DType::kInt32, {3, 3}}, Counting(5), 0, {1, 1});
  EXPECT_THAT(Read(windows, WholeRegion(windows.spec().shape)), ElementsAre(0, 1, 2, 1, 2, 3, 2, 3, 4));
  const StoredTensor column = *StoredTensor::Create({DType::kInt32, {3}}, Counting(9), 8, {3});
  EXPECT_THAT(Read(column, WholeRegion(column.spec().shape)), ElementsAre(2, 5, 8));
  const StoredTensor scalar = *StoredTensor::CreateRowMajor({DType::kInt32, {}}, Counting(2), 4);
  EXPECT_THAT(Read(scalar, {}), ElementsAre(1));
}

TEST(StoredTensorTest, ReadsRegions) {
  const StoredTensor cube = *StoredTensor::CreateRowMajor({DType::kInt32, {2, 3, 4}}, Counting(24), 0);
  EXPECT_THAT(Read(cube, {{1, 2}, {0, 2}, {1, 3}}), ElementsAre(13, 14, 17, 18));
  EXPECT_THAT(Read(cube, {{0, 2}, {2, 3}, {3, 4}}), ElementsAre(11, 23));
  const StoredTensor permuted = *StoredTensor::Create({DType::kInt32, {4, 2, 3}}, Counting(24), 0, {1, 12, 4});
  EXPECT_THAT(Read(permuted, {{1, 3}, {0, 2}, {1, 2}}), ElementsAre(5, 17, 6, 18));
}

// Larger than what ReadRegion keeps in memory, so that it reads in pieces; rows with holes, so that pieces have holes, too.
TEST(StoredTensorTest, ReadsLargeRegionsInPieces) {
  constexpr int64_t kRows = 1500;
  constexpr int64_t kColumns = 1301;
  const ByteSourcePtr source = Counting(kRows * kColumns);
  const StoredTensor matrix = *StoredTensor::CreateRowMajor({DType::kInt32, {kRows, kColumns}}, source, 0);
  const StoredTensor transposed = *StoredTensor::Create({DType::kInt32, {kColumns, kRows}}, source, 0, {1, kColumns});
  for (const IndexRange columns : {IndexRange{0, kColumns}, IndexRange{3, 1000}, IndexRange{7, 9}}) {
    const std::vector<int32_t> straight = Read(matrix, {{1, kRows}, columns});
    const std::vector<int32_t> across = Read(transposed, {columns, {1, kRows}});
    for (int64_t i = 1; i < kRows; ++i) {
      for (int64_t j = columns.begin; j < columns.end; ++j) {
        ASSERT_EQ(straight[(i - 1) * columns.size() + j - columns.begin], i * kColumns + j);
        ASSERT_EQ(across[(j - columns.begin) * (kRows - 1) + i - 1], i * kColumns + j);
      }
    }
  }
}

TEST(StoredTensorTest, RefusesWhatLiesOutside) {
  struct Case {
    const char* field;
    TensorSpec spec;
    int64_t offset;
    std::vector<int64_t> strides;
  };
  const Case cases[] = {
      {"offset × one element too far", {DType::kInt32, {2}}, 36, {1}},
      {"offset × negative", {DType::kInt32, {2}}, -4, {1}},
      {"offset × largest", {DType::kInt32, {2}}, kLimit, {1}},
      {"stride × negative", {DType::kInt32, {2}}, 4, {-1}},
      {"stride × largest", {DType::kInt32, {3}}, 0, {kLimit}},
      {"stride × one too many", {DType::kInt32, {2}}, 0, {1, 1}},
      {"stride × none", {DType::kInt32, {2}}, 0, {}},
      {"shape × negative", {DType::kInt32, {-1}}, 0, {1}},
      {"shape × product wraps", {DType::kInt32, {int64_t{1} << 62, 4}}, 0, {0, 0}},
      {"shape × bytes wrap", {DType::kComplex128, {int64_t{1} << 60}}, 0, {0}},
      {"shape × one row too many", {DType::kInt32, {6, 2}}, 0, {2, 1}},
  };
  for (const Case& c : cases) {
    const auto tensor = StoredTensor::Create(c.spec, Counting(10), c.offset, c.strides);
    EXPECT_EQ(tensor.status().code(), absl::StatusCode::kDataLoss) << c.field << ": " << tensor.status();
  }
  EXPECT_THAT(StoredTensor::Create({DType::kInt32, {2}}, Counting(10), 36, {1}).status().message(), HasSubstr("offset 36 + 8 bytes"));
}

TEST(StoredTensorTest, AnEmptyTensorNeedsNoBytes) {
  const auto tensor = StoredTensor::Create({DType::kInt32, {0, kLimit}}, Counting(0), 1000, {kLimit, kLimit});
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->byte_size(), 0);
  EXPECT_TRUE(tensor->IsRowMajor());
  EXPECT_TRUE(ReadRegion(*tensor, WholeRegion(tensor->spec().shape), {}).ok());
}

TEST(StoredTensorTest, KnowsRowMajorOrder) {
  const auto make = [](Shape shape, std::vector<int64_t> strides) {
    return StoredTensor::Create({DType::kInt32, std::move(shape)}, Counting(100), 0, std::move(strides))->IsRowMajor();
  };
  EXPECT_TRUE(make({2, 3}, {3, 1}));
  EXPECT_TRUE(make({1, 3}, {77, 1}));
  EXPECT_TRUE(make({}, {}));
  EXPECT_FALSE(make({2, 3}, {1, 2}));
  EXPECT_FALSE(make({2, 3}, {4, 1}));
}

}  // namespace
}  // namespace weighbridge
