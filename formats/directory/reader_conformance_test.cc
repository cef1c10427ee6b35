// What every reader of weights promises, whatever the format: over small files of each, testdata/seeds, and of the shared corpus where it
// is.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/read_weights.h"
#include "formats/directory/recognize.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

constexpr FileKind kKinds[] = {FileKind::kTorchZip,     FileKind::kTorchTar, FileKind::kTorchLegacy, FileKind::kSafetensors,
                               FileKind::kPaddlePickle, FileKind::kNpy,      FileKind::kNpz,         FileKind::kPaddleLodTensors};

// "NAME TENSOR_NAME float32 [2, 3] BYTES" of each tensor.
std::vector<std::string> Rows(const Checkpoint& checkpoint) {
  std::vector<std::string> rows;
  for (const CheckpointTensor& row : checkpoint.tensors()) {
    std::string bytes(row.tensor.byte_size(), '\0');
    const absl::Status status = ReadRegion(row.tensor, WholeRegion(row.tensor.spec().shape), absl::MakeSpan(bytes));
    rows.push_back(absl::StrCat(row.name, " ", row.tensor_name, " ", ToString(row.tensor.spec()), " ", status.ToString(), " ", bytes));
  }
  return rows;
}

struct Sample {
  std::string path;
  std::string bytes;
  FileKind kind;
  Checkpoint checkpoint;  // As it is read from the file.
};

class ReaderConformance : public testing::Test {
 protected:
  // Files of at most 64 KiB that are read.
  void SetUp() override {
    AddBelow("testdata/seeds");
    if (const char* shared = std::getenv("WEIGHBRIDGE_SHARED"); shared != nullptr) AddBelow(fs::path(shared) / "corpus");
    ASSERT_GE(samples_.size(), 25);
  }

  void AddBelow(const fs::path& folder) {
    if (!fs::is_directory(folder)) return;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file() || entry.file_size() > 64 << 10) continue;
      const absl::StatusOr<ByteSourcePtr> source = OpenFile(entry.path());
      ASSERT_TRUE(source.ok()) << source.status();
      const absl::StatusOr<FileKind> kind = RecognizeFile(**source);
      if (!kind.ok() || *kind == FileKind::kShardIndex) continue;
      absl::StatusOr<Checkpoint> checkpoint = ReadWeights(*kind, *source, ReadLimits());
      if (!checkpoint.ok()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      samples_.push_back({entry.path(), std::string(std::istreambuf_iterator<char>(file), {}), *kind, *std::move(checkpoint)});
    }
  }

  std::vector<Sample> samples_;
};

TEST_F(ReaderConformance, EveryFormatHasASample) {
  std::map<std::string, int> count;
  for (const Sample& sample : samples_) ++count[sample.checkpoint.format];
  for (const char* format : {"torch_zip", "torch_legacy", "torch_tar", "safetensors", "pdparams", "pdiparams", "npy", "npz"}) {
    EXPECT_GE(count[format], 1) << format;
  }
  EXPECT_EQ(count.size(), 8);
}

TEST_F(ReaderConformance, TheTableNamesItsFileAndFindsEachOfItsTensors) {
  for (const Sample& sample : samples_) {
    SCOPED_TRACE(sample.path);
    EXPECT_EQ(sample.checkpoint.path, sample.path);
    ASSERT_FALSE(sample.checkpoint.files.empty());
    EXPECT_EQ(sample.checkpoint.files[0].path, sample.path);
    EXPECT_EQ(sample.checkpoint.files[0].role, CheckpointFile::Role::kWeights);
    for (const CheckpointTensor& row : sample.checkpoint.tensors()) {
      EXPECT_EQ(sample.checkpoint.Find(row.name), &row) << row.name;
      EXPECT_TRUE(row.tensor.source()->CheckUnchanged().ok()) << row.name;
    }
  }
}

TEST_F(ReaderConformance, AFileAndItsBytesInMemoryGiveTheSameTable) {
  for (const Sample& sample : samples_) {
    SCOPED_TRACE(sample.path);
    const absl::StatusOr<Checkpoint> again = ReadWeights(sample.kind, MakeMemorySource(sample.path, sample.bytes), ReadLimits());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(Rows(*again), Rows(sample.checkpoint));
    EXPECT_EQ(again->remarks, sample.checkpoint.remarks);
    EXPECT_EQ(again->metadata, sample.checkpoint.metadata);
    EXPECT_EQ(again->is_ordered, sample.checkpoint.is_ordered);
  }
}

TEST_F(ReaderConformance, APartOfATensorIsThatPartOfTheWhole) {
  for (const Sample& sample : samples_) {
    SCOPED_TRACE(sample.path);
    for (const CheckpointTensor& row : sample.checkpoint.tensors()) {
      const Shape& shape = row.tensor.spec().shape;
      if (shape.empty() || row.tensor.element_count() == 0) continue;
      std::string whole(row.tensor.byte_size(), '\0');
      if (!ReadRegion(row.tensor, WholeRegion(shape), absl::MakeSpan(whole)).ok()) continue;
      const int64_t slice_size = row.tensor.byte_size() / shape[0];
      std::string joined;
      for (int64_t k = 0; k < shape[0]; ++k) {
        Region slice = WholeRegion(shape);
        slice[0] = {.begin = k, .end = k + 1};
        std::string bytes(slice_size, '\0');
        ASSERT_TRUE(ReadRegion(row.tensor, slice, absl::MakeSpan(bytes)).ok()) << row.name;
        joined += bytes;
      }
      EXPECT_EQ(joined, whole) << row.name;
    }
  }
}

TEST_F(ReaderConformance, ThreadsReadOneTableAtOnce) {
  for (const Sample& sample : samples_) {
    const absl::StatusOr<Checkpoint> checkpoint = ReadWeights(sample.kind, MakeMemorySource(sample.path, sample.bytes), ReadLimits());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    std::vector<std::vector<std::string>> rows(3);
    std::vector<std::thread> threads;
    threads.reserve(rows.size());
    for (std::vector<std::string>& of_thread : rows) threads.emplace_back([&] { of_thread = Rows(*checkpoint); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(rows[0], rows[1]) << sample.path;
    EXPECT_EQ(rows[0], rows[2]) << sample.path;
  }
}

TEST_F(ReaderConformance, AReaderRefusesTheFilesOfOthersAndNamesThem) {
  for (const FileKind kind : kKinds) {
    const absl::Status nothing = ReadWeights(kind, MakeMemorySource("empty", ""), ReadLimits()).status();
    EXPECT_TRUE(absl::StartsWith(nothing.message(), "reading empty: ")) << static_cast<int>(kind) << nothing;
    for (const Sample& sample : samples_) {
      // The first pickle of a legacy file is one that Paddle might have written, too.
      if (kind == sample.kind || kind == FileKind::kPaddlePickle) continue;
      const absl::Status status = ReadWeights(kind, MakeMemorySource(sample.path, sample.bytes), ReadLimits()).status();
      EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat("reading ", sample.path, ": "))) << static_cast<int>(kind) << status;
    }
  }
}

TEST_F(ReaderConformance, TablesOfAFileHaveLimits) {
  ReadLimits limits;
  limits.json_bytes = 1;
  limits.zip_members = 0;
  limits.npy_header_bytes = 8;
  limits.tensors = 0;
  for (const Sample& sample : samples_) {
    if (sample.kind == FileKind::kPaddlePickle || sample.kind == FileKind::kTorchLegacy) continue;
    const absl::Status status = ReadWeights(sample.kind, MakeMemorySource(sample.path, sample.bytes), limits).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << sample.path << ": " << status;
  }
}

}  // namespace
}  // namespace weighbridge
