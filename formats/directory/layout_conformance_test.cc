// What every layout promises (formats/layout.h), and that what it lays out is read back as the same table.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/check_layout.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/read_model.h"
#include "formats/layout.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

// The byte at `position` of every file: another one in each place, as far as bytes go.
char ByteAt(int64_t position) {
  return static_cast<char>((position * 0x9e3779b97f4a7c15) >> 56);
}

// The file of a layout, of any size: literals where they are, and ByteAt in the slots. Notes how much was read.
class LaidOut : public ByteSource {
 public:
  LaidOut(const std::string& name, const Layout& layout) : ByteSource(name, layout.size), layout_(layout) {}

  int64_t bytes_read() const { return bytes_read_; }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    const int64_t end = offset + static_cast<int64_t>(buffer.size());
    bytes_read_ += end - offset;
    for (size_t k = 0; k < buffer.size(); ++k) buffer[k] = ByteAt(offset + static_cast<int64_t>(k));
    for (const Layout::Literal& literal : layout_.literals) {
      const int64_t from = std::max(offset, literal.offset);
      const int64_t to = std::min(end, literal.offset + static_cast<int64_t>(literal.bytes.size()));
      if (from < to) std::memcpy(&buffer[from - offset], &literal.bytes[from - literal.offset], to - from);
    }
    return absl::OkStatus();
  }

  Layout layout_;
  mutable std::atomic<int64_t> bytes_read_ = 0;
};

struct Written {
  CheckpointLayout layout;
  std::map<std::string, std::shared_ptr<LaidOut>> weights;

  absl::StatusOr<Checkpoint> ReadBack() const {
    const auto open = [&](const std::string& name) -> absl::StatusOr<ByteSourcePtr> {
      if (layout.index && layout.index->name == name) return MakeMemorySource("/out/" + name, layout.index->bytes);
      const auto file = weights.find(name);
      if (file == weights.end()) return absl::NotFoundError("no such file");
      return file->second;
    };
    return ReadModel(*open(layout.index ? layout.index->name : layout.weights[0].name), open, ReadLimits());
  }
};

// The format, and the largest shard.
class LayoutConformance : public testing::TestWithParam<std::tuple<WeightsFormat, std::optional<int64_t>>> {
 protected:
  WeightsFormat format() const { return std::get<0>(GetParam()); }

  absl::StatusOr<CheckpointLayout> LayOut(absl::Span<const LayoutRow> rows) const {
    return LayOutCheckpoint(rows, {.format = format(), .max_shard_size = std::get<1>(GetParam())});
  }

  Written Write(absl::Span<const LayoutRow> rows) const {
    absl::StatusOr<CheckpointLayout> layout = LayOut(rows);
    EXPECT_TRUE(layout.ok()) << layout.status();
    Written written = {.layout = layout.ok() ? *std::move(layout) : CheckpointLayout(), .weights = {}};
    for (const CheckpointLayout::Weights& weights : written.layout.weights) {
      written.weights[weights.name] = std::make_shared<LaidOut>("/out/" + weights.name, weights.layout);
    }
    return written;
  }

  // The element types that a file of the format has.
  std::vector<DType> DTypes() const {
    std::vector<DType> dtypes;
    for (const DType dtype : AllDTypes()) {
      const absl::StatusOr<CheckpointLayout> layout = LayOut({{.name = "the tensor", .spec = {dtype, {2}}, .tensor_name = "t"}});
      if (layout.ok()) {
        dtypes.push_back(dtype);
      } else {
        EXPECT_EQ(layout.status().code(), absl::StatusCode::kUnimplemented) << layout.status();
        EXPECT_TRUE(absl::StrContains(layout.status().message(), "\"the tensor\"")) << layout.status();
        EXPECT_TRUE(absl::StrContains(layout.status().message(), DTypeName(dtype))) << layout.status();
      }
    }
    return dtypes;
  }

  // Every element type in every shape, under names that need care.
  std::vector<LayoutRow> AllKinds() const {
    std::vector<LayoutRow> rows;
    for (const DType dtype : DTypes()) {
      for (const Shape& shape : std::vector<Shape>{{}, {0}, {1}, {5}, {2, 3}, {3, 0, 2}, {1, 2, 1, 3}, {2, 2, 2, 2, 2}}) {
        rows.push_back({.name = absl::StrCat(DTypeName(dtype), ".", shape.size(), ".weight.", rows.size()),
                        .spec = {dtype, shape},
                        .tensor_name = absl::StrCat("param_", rows.size())});
      }
    }
    for (const char* name :
         {" ", "a b", "\"quoted\"", "back\\slash", "new\nline", "\x01", "größe", "重み", "😀", "0", "data/0", "../up", "True"}) {
      rows.push_back({.name = name, .spec = {DType::kFloat32, {3}}, .tensor_name = absl::StrCat(name, "_0")});
    }
    rows.push_back({.name = std::string(3000, 'n'), .spec = {DType::kFloat32, {3}}, .tensor_name = std::string(300, 't')});
    return rows;
  }
};

// The tensor of `row` in `table`, whose bytes are those of its slot.
void ExpectRow(const LayoutRow& row, const Layout::Slot& slot, const CheckpointTensor* found, WeightsFormat format) {
  ASSERT_NE(found, nullptr) << row.name;
  EXPECT_EQ(found->name, row.name);
  EXPECT_EQ(found->tensor.spec(), row.spec) << row.name << ": " << ToString(found->tensor.spec());
  EXPECT_EQ(found->tensor_name, format == WeightsFormat::kPdparams ? row.tensor_name : "") << row.name;
  std::string bytes(found->tensor.byte_size(), '\0');
  ASSERT_TRUE(ReadRegion(found->tensor, WholeRegion(row.spec.shape), absl::MakeSpan(bytes)).ok()) << row.name;
  std::string wanted(slot.size, '\0');
  for (int64_t k = 0; k < slot.size; ++k) wanted[k] = ByteAt(slot.offset + k);
  EXPECT_EQ(bytes, wanted) << row.name;
}

TEST_P(LayoutConformance, LiteralsAndSlotsCoverEachByteOnce) {
  const std::vector<LayoutRow> rows = AllKinds();
  const Written written = Write(rows);
  size_t next_row = 0;
  for (const CheckpointLayout::Weights& weights : written.layout.weights) {
    const Layout& layout = weights.layout;
    EXPECT_EQ(weights.first_row, next_row);
    EXPECT_TRUE(CheckLayout(layout).ok()) << CheckLayout(layout);
    for (const Layout::Slot& slot : layout.slots) {
      EXPECT_EQ(slot.size, *ByteSize(rows[next_row].spec)) << rows[next_row].name;
      ++next_row;
    }
  }
  EXPECT_EQ(next_row, rows.size());
}

TEST_P(LayoutConformance, WhatIsLaidOutIsReadBackAsTheSameTable) {
  const std::vector<LayoutRow> rows = AllKinds();
  const Written written = Write(rows);
  const absl::StatusOr<Checkpoint> checkpoint = written.ReadBack();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_EQ(checkpoint->tensors().size(), rows.size());
  EXPECT_EQ(checkpoint->is_ordered, format() != WeightsFormat::kSafetensors);
  // But that the checksums, which depend on data, are still zero.
  for (const std::string& remark : checkpoint->remarks) EXPECT_TRUE(absl::StrContains(remark, "have no checksum")) << remark;
  for (const CheckpointLayout::Weights& weights : written.layout.weights) {
    for (size_t k = 0; k < weights.layout.slots.size(); ++k) {
      const size_t row = weights.first_row + k;
      ExpectRow(rows[row], weights.layout.slots[k], checkpoint->Find(rows[row].name), format());
      if (checkpoint->is_ordered) {
        EXPECT_EQ(checkpoint->tensors()[row].name, rows[row].name);
      }
    }
  }
}

TEST_P(LayoutConformance, TheSameRowsGiveTheSameBytes) {
  const std::vector<LayoutRow> rows = AllKinds();
  const Written first = Write(rows);
  const Written second = Write(rows);
  ASSERT_EQ(first.layout.weights.size(), second.layout.weights.size());
  for (size_t k = 0; k < first.layout.weights.size(); ++k) {
    const Layout& a = first.layout.weights[k].layout;
    const Layout& b = second.layout.weights[k].layout;
    ASSERT_EQ(a.literals.size(), b.literals.size());
    for (size_t l = 0; l < a.literals.size(); ++l) {
      EXPECT_EQ(a.literals[l].offset, b.literals[l].offset);
      EXPECT_EQ(a.literals[l].bytes, b.literals[l].bytes);
    }
  }
}

TEST_P(LayoutConformance, TerabytesAreLaidOutAndOpenedWithoutReadingThem) {
  std::vector<LayoutRow> rows;
  for (const int64_t gib : {3, 1, 5, 300, 1}) {
    rows.push_back({.name = absl::StrCat("w", rows.size()), .spec = {DType::kFloat32, {gib << 14, 1 << 14}}, .tensor_name = "t"});
    rows.back().tensor_name += absl::StrCat(rows.size());
  }
  const Written written = Write(rows);
  const absl::StatusOr<Checkpoint> checkpoint = written.ReadBack();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  // Some windows of each file, whatever it holds; 64 KiB for the end of an archive.
  for (const auto& [name, file] : written.weights) EXPECT_LT(file->bytes_read(), 128 << 10) << name;
  for (const LayoutRow& row : rows) {
    const CheckpointTensor* found = checkpoint->Find(row.name);
    ASSERT_NE(found, nullptr) << row.name;
    EXPECT_EQ(found->tensor.spec(), row.spec);
    EXPECT_TRUE(found->tensor.IsRowMajor());
  }
}

TEST_P(LayoutConformance, EqualNamesAreRefused) {
  const LayoutRow row = {.name = "twice", .spec = {DType::kFloat32, {2}}, .tensor_name = "t"};
  EXPECT_EQ(LayOut({row, row}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(LayoutConformance, NothingAtAllIsReadBackToo) {
  const absl::StatusOr<Checkpoint> checkpoint = Write({}).ReadBack();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_TRUE(checkpoint->tensors().empty());
}

INSTANTIATE_TEST_SUITE_P(Formats, LayoutConformance,
                         testing::Combine(testing::Values(WeightsFormat::kTorch, WeightsFormat::kSafetensors, WeightsFormat::kPdparams),
                                          testing::Values(std::optional<int64_t>(), std::optional<int64_t>(100))),
                         [](const auto& info) {
                           const bool sharded = std::get<1>(info.param).has_value();
                           return absl::StrCat(WeightsFormatName(std::get<0>(info.param)), sharded ? "InShards" : "InOneFile");
                         });

}  // namespace
}  // namespace weighbridge
