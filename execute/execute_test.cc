#include "execute/execute.h"

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "execute/box_testing.h"
#include "expr/expr.h"
#include "expr/expr_testing.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/output_file.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "zlib.h"

namespace weighbridge {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int64_t kMiB = int64_t{1} << 20;

std::string RandomBytes(int64_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A memory source that counts what is read.
class CountingSource final : public ByteSource {
 public:
  explicit CountingSource(std::string bytes) : ByteSource("counted", static_cast<int64_t>(bytes.size())), bytes_(std::move(bytes)) {}

  int64_t bytes_read() const { return bytes_read_; }
  int64_t longest_read() const { return longest_read_; }
  int64_t reads() const { return reads_; }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    const int64_t size = static_cast<int64_t>(buffer.size());
    bytes_.copy(buffer.data(), buffer.size(), offset);
    bytes_read_ += size;
    ++reads_;
    if (size > longest_read_) longest_read_ = size;
    return absl::OkStatus();
  }

  std::string bytes_;
  mutable std::atomic<int64_t> bytes_read_ = 0;
  mutable std::atomic<int64_t> longest_read_ = 0;
  mutable std::atomic<int64_t> reads_ = 0;
};

class ExecuteTest : public testing::Test {
 protected:
  ExecuteTest() {
    std::string pattern = absl::StrCat(testing::TempDir(), "/execute_test_XXXXXX");
    folder_ = mkdtemp(pattern.data());
    checkpoint_ = std::make_shared<Checkpoint>();
    plan_.sources.push_back({"source", checkpoint_});
  }
  ~ExecuteTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }

  // Appends an output; a literal of three bytes stands before it.
  void AddOutput(const std::string& name, ExprPtr expr) {
    const int64_t size = *ByteSize(expr->spec());
    plan_.outputs.push_back({name, std::move(expr), ""});
    layout_.literals.push_back({layout_.size, "<->"});
    layout_.slots.push_back({layout_.size + 3, size});
    layout_.size += 3 + size;
  }

  // The file's bytes, or why they could not be made.
  absl::StatusOr<std::string> Run(const ExecuteOptions& options) {
    absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Create(Path("out"), layout_.size, /*overwrite=*/true);
    if (!file.ok()) return file.status();
    if (absl::Status status = Execute(plan_, {{.layout = &layout_, .file = file->get()}}, options); !status.ok()) return status;
    absl::StatusOr<ByteSourcePtr> written = (*file)->OpenForReading();
    if (!written.ok()) return written.status();
    return ReadAll(**written, layout_.size);
  }

  std::string Expected() const {
    std::string bytes;
    for (const PlannedTensor& output : plan_.outputs) bytes += "<->" + NaiveBytes(*output.expr);
    return bytes;
  }

  // A file of the test's folder with those bytes, opened.
  ByteSourcePtr MakeFile(const std::string& name, const std::string& bytes) {
    std::ofstream(Path(name), std::ios::binary) << bytes;
    return *OpenFile(Path(name));
  }

  std::string folder_;
  std::shared_ptr<Checkpoint> checkpoint_;
  Plan plan_;
  Layout layout_;
};

StoredTensor Matrix(DType dtype, int64_t rows, int64_t columns, ByteSourcePtr source, int64_t offset = 0) {
  return *StoredTensor::CreateRowMajor({dtype, {rows, columns}}, std::move(source), offset);
}

ExecuteOptions Options(int threads, int64_t memory) {
  ExecuteOptions options;
  options.threads = threads;
  options.memory = memory;
  return options;
}

TEST_F(ExecuteTest, AReshapeThatNoLoopsCanFollowIsRefusedByNameBeforeAByteIsWritten) {
  const ExprPtr a = Read("source/a", Matrix(DType::kUint8, 2, 3, MakeMemorySource("memory", "abcdef")));
  const ExprPtr askew = *Reshape(*Permute(a, {1, 0}), {2, 3});
  AddOutput("in order", askew);
  EXPECT_EQ(*Run(Options(1, 2 * kMiB)), "<->adbecf");
  AddOutput("out.askew", *Permute(askew, {1, 0}));
  ExecuteOptions options = Options(1, 2 * kMiB);
  options.on_progress = [](int64_t bytes) { FAIL() << bytes << " bytes were written"; };
  const absl::Status status = Run(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("out.askew"), HasSubstr("transpose(reshape(transpose(source/a), [2, 3]))")));
}

TEST_F(ExecuteTest, NothingAtAll) {
  EXPECT_EQ(*Run(Options(2, 16 * kMiB)), "");
  AddOutput("empty", Read("source/empty", *StoredTensor::CreateRowMajor({DType::kFloat32, {0, 3}}, MakeMemorySource("none", ""), 0)));
  EXPECT_EQ(*Run(Options(2, 16 * kMiB)), "<->");
}

// float32 [2048, 1024], 8 MiB, and the tensors made of it.
TEST_F(ExecuteTest, ATensorOfFourTimesTheBudget) {
  auto source = std::make_shared<CountingSource>(RandomBytes(8 * kMiB));
  const ExprPtr read = Read("source/a", Matrix(DType::kFloat32, 2048, 1024, source));
  struct Case {
    const char* what;
    ExprPtr expr;
    int64_t read_least;  // Bytes a read has on average.
  };
  const Case kCases[] = {
      {"copy", read, kMiB / 2},
      {"transpose", *Permute(read, {1, 0}), 1024},
      {"transpose and cast", *Cast(*Permute(read, {1, 0}), DType::kFloat16), 1024},
      {"pad under a transpose", *Permute(*Pad(read, {2049, 1024}, {{0, 2048}, {0, 1024}}), {1, 0}), 1024},
      {"cast", *Cast(read, DType::kBfloat16), int64_t{256} << 10},
  };
  for (const Case& c : kCases) {
    plan_.outputs.clear();
    layout_ = Layout();
    AddOutput("a", c.expr);
    const std::string expected = Expected();
    for (const ExecuteOptions& options : {Options(1, 2 * kMiB), Options(2, 4 * kMiB), Options(3, 64 * kMiB)}) {
      const int64_t read_before = source->bytes_read();
      const int64_t reads_before = source->reads();
      const absl::StatusOr<std::string> bytes = Run(options);
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      EXPECT_TRUE(*bytes == expected) << c.what << " with " << options.threads << " threads";
      EXPECT_EQ(source->bytes_read() - read_before, 8 * kMiB) << c.what;
      EXPECT_LE(source->reads() - reads_before, 8 * kMiB / c.read_least) << c.what;
      EXPECT_LE(source->longest_read(), options.memory);
    }
  }
}

TEST_F(ExecuteTest, SumOfMatricesThatLieInDifferentOrders) {
  const ByteSourcePtr source = MakeMemorySource("memory", RandomBytes(4 * kMiB));
  const ExprPtr a = Read("source/a", Matrix(DType::kFloat16, 1000, 700, source));
  const ExprPtr b = Read("source/b", Matrix(DType::kFloat16, 700, 1000, source, 2 * kMiB));
  AddOutput("sum", *Add(*Permute(a, {1, 0}), b));
  AddOutput("another", *Add(a, *Permute(b, {1, 0})));
  const std::string expected = Expected();
  for (int threads : {1, 2}) EXPECT_TRUE(*Run(Options(threads, MinimumMemory(threads))) == expected);
}

TEST_F(ExecuteTest, ProgressCountsEveryByteAndIsNotCalledTwiceAtATime) {
  AddOutput("a", Read("source/a", Matrix(DType::kUint8, 3000, 1000, MakeMemorySource("memory", RandomBytes(3'000'000)))));
  int64_t written = 0;
  std::atomic<int> calls = 0;
  ExecuteOptions options = Options(4, 8 * kMiB);
  options.on_progress = [&](int64_t bytes) {
    EXPECT_EQ(calls++, 0);
    written += bytes;
    --calls;
  };
  EXPECT_TRUE(Run(options).ok());
  EXPECT_EQ(written, layout_.size);
}

TEST_F(ExecuteTest, StopsWhenToldTo) {
  AddOutput("a", Read("source/a", Matrix(DType::kUint8, 6000, 1000, MakeMemorySource("memory", RandomBytes(6'000'000)))));
  std::atomic<bool> stop = false;
  ExecuteOptions options = Options(1, 2 * kMiB);
  options.stop = &stop;
  options.on_progress = [&](int64_t) { stop = true; };
  EXPECT_EQ(Run(options).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ExecuteTest, TooLittleMemoryIsRefused) {
  EXPECT_TRUE(Run(Options(3, MinimumMemory(3))).ok());
  EXPECT_EQ(Run(Options(3, MinimumMemory(3) - 1)).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(ExecuteTest, ALayoutOfAnotherPlanIsRefused) {
  AddOutput("a", Read("source/a", Matrix(DType::kUint8, 2, 2, MakeMemorySource("memory", "1234"))));
  layout_.slots[0].size = 3;
  EXPECT_EQ(Run(Options(1, 2 * kMiB)).status().code(), absl::StatusCode::kInternal);
  layout_.slots.clear();
  EXPECT_EQ(Run(Options(1, 2 * kMiB)).status().code(), absl::StatusCode::kInternal);
}

// Checksums, in every way in which a range can be read in full.
class ChecksumTest : public ExecuteTest {
 protected:
  // float32 [1500, 1000] behind `kBefore` bytes, its CRC-32, and a second source of the same bytes without one.
  ChecksumTest() : bytes_(RandomBytes(kBefore + kSize)), source_(MakeMemorySource("file.bin", bytes_)) {
    const auto* data = reinterpret_cast<const Bytef*>(bytes_.data()) + kBefore;
    crc_ = static_cast<uint32_t>(crc32(0, data, kSize));
  }

  static constexpr int64_t kBefore = 64;
  static constexpr int64_t kSize = 6'000'000;

  ExprPtr ReadMatrix() const { return Read("source/a", Matrix(DType::kFloat32, 1500, 1000, source_, kBefore)); }

  std::string bytes_;
  ByteSourcePtr source_;
  uint32_t crc_;
};

TEST_F(ChecksumTest, AreComparedWhateverIsMadeOfTheTensor) {
  const ExprPtr read = ReadMatrix();
  const ExprPtr cube = Read("source/a", *StoredTensor::Create({DType::kFloat32, {100, 10, 1500}}, source_, kBefore, {10, 1, 1000}));
  const std::pair<const char*, ExprPtr> kExprs[] = {
      {"copy", read},
      {"transpose", *Permute(read, {1, 0})},
      {"cast", *Cast(read, DType::kFloat16)},
      {"transpose and cast", *Cast(*Permute(read, {1, 0}), DType::kFloat16)},
      {"pad", *Pad(read, {1501, 1010}, {{0, 1500}, {5, 1005}})},
      {"concat", *Concat({*Permute(read, {1, 0}), *Permute(read, {1, 0})}, 1)},
      {"sum of both orders", *Add(*Slice(*Permute(*Pad(read, {1500, 1500}, {{0, 1500}, {0, 1000}}), {1, 0}), {{0, 1500}, {0, 1500}}),
                                  *Pad(read, {1500, 1500}, {{0, 1500}, {0, 1000}}))},
      {"a view of all of it", *Permute(cube, {1, 2, 0})},
  };
  for (const auto& [what, expr] : kExprs) {
    plan_.outputs.clear();
    layout_ = Layout();
    AddOutput("out.a", expr);
    const bool is_checked = std::string(what) != "sum of both orders";
    for (int threads : {1, 2}) {
      checkpoint_->checksums = {{source_, kBefore, kSize, crc_, "member data/3"}};
      EXPECT_TRUE(Run(Options(threads, MinimumMemory(threads))).ok()) << what;
      checkpoint_->checksums[0].crc32 ^= 1;
      const absl::Status status = Run(Options(threads, MinimumMemory(threads))).status();
      if (!is_checked) {
        // The sum's boxes cut the matrix: nobody reads it in one go.
        EXPECT_TRUE(status.ok()) << status;
        continue;
      }
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << what;
      EXPECT_THAT(status.message(), AllOf(HasSubstr("out.a"), HasSubstr("source/a"), HasSubstr("file.bin"), HasSubstr("member data/3")));
    }
  }
}

TEST_F(ChecksumTest, AreNotComparedWhereOnlyAPartIsRead) {
  checkpoint_->checksums = {{source_, kBefore, kSize, ~crc_, "member data/3"}};
  AddOutput("slice", *Slice(ReadMatrix(), {{0, 1499}, {0, 1000}}));
  AddOutput("within", Read("source/b", Matrix(DType::kFloat32, 1499, 1000, source_, kBefore)));
  AddOutput("overlapping rows", Read("source/d", *StoredTensor::Create({DType::kFloat32, {1500, 1000}}, source_, kBefore, {999, 1})));
  AddOutput("another source", Read("source/c", Matrix(DType::kFloat32, 1500, 1000, MakeMemorySource("other", bytes_), kBefore)));
  EXPECT_TRUE(Run(Options(2, 8 * kMiB)).ok());
}

TEST_F(ChecksumTest, AreComparedWhereNoTensorLies) {
  checkpoint_->checksums = {{source_, kBefore, kSize, crc_, "member version", /*has_tensors=*/false}};
  AddOutput("slice", *Slice(ReadMatrix(), {{0, 1499}, {0, 1000}}));
  EXPECT_TRUE(Run(Options(2, 8 * kMiB)).ok());
  checkpoint_->checksums[0].crc32 ^= 1;
  const absl::Status status = Run(Options(2, 8 * kMiB)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("file.bin"), HasSubstr("member version")));
}

// Several files in one pass, whose slots have checksums as the members of a zip have: one before the slot, one behind it.
class FilesTest : public ExecuteTest {
 protected:
  void StartFile() { layouts_.emplace_back(); }

  void AddOutput(const std::string& name, ExprPtr expr) {
    Layout& layout = layouts_.back();
    const int64_t size = *ByteSize(expr->spec());
    const std::string before = absl::StrCat("<", name, ">", std::string(4, '\0'));
    const std::string behind = absl::StrCat(std::string(4, '\0'), "</", name, ">");
    const size_t slot = layout.slots.size();
    layout.literals.push_back({layout.size, before});
    layout.size += static_cast<int64_t>(before.size());
    layout.slots.push_back({layout.size, size});
    layout.checksums.push_back({layout.size - 4, slot});
    layout.size += size;
    layout.literals.push_back({layout.size, behind});
    layout.checksums.push_back({layout.size, slot});
    layout.size += static_cast<int64_t>(behind.size());
    plan_.outputs.push_back({name, std::move(expr), ""});
  }

  // Another name of the last file's output `slot`.
  void AddTied(const std::string& name, size_t slot) {
    Layout& layout = layouts_.back();
    const size_t first = plan_.outputs.size() - layout.slots.size();
    plan_.outputs.push_back({name, plan_.outputs[first + slot].expr, ""});
    layout.checksums.push_back({layout.checksums[2 * slot].offset, layout.slots.size()});
    layout.slots.push_back(layout.slots[slot]);
  }

  absl::StatusOr<std::vector<std::string>> RunFiles(const ExecuteOptions& options) {
    std::vector<std::unique_ptr<OutputFile>> files;
    std::vector<FileToWrite> to_write;
    size_t outputs = 0;
    for (const Layout& layout : layouts_) {
      absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Create(Path("out"), layout.size, /*overwrite=*/true);
      if (!file.ok()) return file.status();
      files.push_back(*std::move(file));
      to_write.push_back({&layout, outputs, files.back().get()});
      outputs += layout.slots.size();
    }
    if (absl::Status status = Execute(plan_, to_write, options); !status.ok()) return status;
    std::vector<std::string> bytes;
    for (size_t k = 0; k < files.size(); ++k) {
      absl::StatusOr<std::string> written = ReadAll(**files[k]->OpenForReading(), layouts_[k].size);
      if (!written.ok()) return written.status();
      bytes.push_back(*std::move(written));
    }
    return bytes;
  }

  // What the files are to hold, by the naive evaluation and zlib.
  std::vector<std::string> ExpectedFiles() const {
    std::vector<std::string> files;
    size_t output = 0;
    for (const Layout& layout : layouts_) {
      std::string& bytes = files.emplace_back(layout.size, '?');
      for (const Layout::Literal& literal : layout.literals) bytes.replace(literal.offset, literal.bytes.size(), literal.bytes);
      for (const Layout::Slot& slot : layout.slots) bytes.replace(slot.offset, slot.size, NaiveBytes(*plan_.outputs[output++].expr));
      for (const Layout::Checksum& checksum : layout.checksums) {
        const Layout::Slot& slot = layout.slots[checksum.slot];
        const auto* data = reinterpret_cast<const Bytef*>(bytes.data()) + slot.offset;
        const uint32_t crc = static_cast<uint32_t>(crc32(0, data, slot.size));
        for (int k = 0; k < 4; ++k) bytes[checksum.offset + k] = static_cast<char>(crc >> (8 * k));
      }
    }
    return files;
  }

  void ExpectTheSameWhateverTheOptions() {
    const std::vector<std::string> expected = ExpectedFiles();
    for (int threads : {1, 2, 5}) {
      for (int64_t memory : {MinimumMemory(threads), 16 * kMiB, 512 * kMiB}) {
        const absl::StatusOr<std::vector<std::string>> files = RunFiles(Options(threads, memory));
        ASSERT_TRUE(files.ok()) << files.status();
        EXPECT_TRUE(*files == expected) << threads << " threads, " << memory << " bytes";
      }
    }
  }

  std::vector<Layout> layouts_;
};

TEST_F(FilesTest, ChecksumsOfSlotsThatAreWrittenInManyBands) {
  const ByteSourcePtr source = MakeMemorySource("memory", RandomBytes(6 * kMiB));
  const ExprPtr a = Read("source/a", Matrix(DType::kFloat32, 1100, 1000, source));
  const ExprPtr b = Read("source/b", Matrix(DType::kFloat32, 1000, 1100, source, kMiB));
  StartFile();
  AddOutput("row-major", a);
  AddOutput("transposed", *Permute(a, {1, 0}));
  AddOutput("padded under a transpose", *Permute(*Pad(a, {1103, 1000}, {{2, 1102}, {0, 1000}}), {1, 0}));
  AddOutput("sum", *Add(*Permute(a, {1, 0}), b));
  AddOutput("sum of casts", *Add(*Cast(*Permute(a, {1, 0}), DType::kFloat16), *Cast(b, DType::kFloat16)));
  ExpectTheSameWhateverTheOptions();
}

TEST_F(FilesTest, OfRandomExpressionsSomeOfThemEmpty) {
  std::mt19937 random(3);
  for (int outputs : {0, 40, 0, 1, 60, 0}) {
    StartFile();
    for (int k = 0; k < outputs; ++k) {
      constexpr DType kDTypes[] = {DType::kFloat16, DType::kBfloat16, DType::kFloat32, DType::kUint8, DType::kInt64};
      AddOutput(absl::StrCat(layouts_.size(), ".", k), RandomNormalizable(random, {kDTypes[random() % 5], RandomShape(random, 7)}, 5));
    }
  }
  ExpectTheSameWhateverTheOptions();
}

TEST_F(FilesTest, EmptyTensorsAndWhatLiesWhereTheyLie) {
  const ByteSourcePtr source = MakeMemorySource("memory", "0123456789ab");
  StartFile();
  AddOutput("empty", Read("source/empty", Matrix(DType::kFloat32, 0, 3, source)));
  AddOutput("a", Read("source/a", Matrix(DType::kFloat32, 1, 3, source)));
  // An empty slot in front of "a", at its offset, and one behind it.
  for (int64_t offset : {layouts_[0].slots[1].offset, layouts_[0].size}) {
    plan_.outputs.insert(plan_.outputs.begin() + 1, {"empty too", plan_.outputs[0].expr, ""});
    layouts_[0].slots.insert(layouts_[0].slots.begin() + 1, {offset, 0});
    for (Layout::Checksum& checksum : layouts_[0].checksums) checksum.slot += checksum.slot == 0 ? 0 : 1;
  }
  ExpectTheSameWhateverTheOptions();
}

TEST_F(FilesTest, TiedTensorsAreMadeOnce) {
  auto source = std::make_shared<CountingSource>(RandomBytes(3 * kMiB));
  const ExprPtr a = Read("source/a", Matrix(DType::kUint8, 1024, 1024, source));
  const ExprPtr b = Read("source/b", Matrix(DType::kFloat32, 512, 1024, source, kMiB));
  for (int file = 0; file < 2; ++file) {
    StartFile();
    AddOutput("a", a);
    AddOutput("b", *Permute(b, {1, 0}));
    AddTied("a again", 0);
    AddTied("b again", 1);
    AddTied("a once more", 0);
  }
  const std::vector<std::string> expected = ExpectedFiles();
  const int64_t read_before = source->bytes_read();
  int64_t written = 0;
  ExecuteOptions options = Options(2, 8 * kMiB);
  options.on_progress = [&](int64_t bytes) { written += bytes; };
  const absl::StatusOr<std::vector<std::string>> files = RunFiles(options);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_TRUE(*files == expected);
  EXPECT_EQ(source->bytes_read() - read_before, int64_t{6} * kMiB);
  EXPECT_EQ(written, layouts_[0].size + layouts_[1].size);
}

TEST_F(FilesTest, ThatDoNotCoverTheOutputsAreRefused) {
  const ExprPtr a = Read("source/a", Matrix(DType::kUint8, 2, 2, MakeMemorySource("memory", "1234")));
  const Layout layout = {.size = 4, .literals = {}, .slots = {{0, 4}}, .checksums = {}};
  const std::unique_ptr<OutputFile> file = *OutputFile::Create(Path("out"), 4, /*overwrite=*/true);
  plan_.outputs = {{"a", a, ""}, {"b", a, ""}};
  const std::vector<FileToWrite> kWrong[] = {
      {},
      {{&layout, 0, file.get()}},
      {{&layout, 0, file.get()}, {&layout, 0, file.get()}},
      {{&layout, 1, file.get()}, {&layout, 0, file.get()}},
      {{&layout, 0, file.get()}, {&layout, 1, file.get()}, {&layout, 2, file.get()}},
  };
  for (const std::vector<FileToWrite>& files : kWrong) {
    EXPECT_EQ(Execute(plan_, files, Options(1, 2 * kMiB)).code(), absl::StatusCode::kInternal) << files.size();
  }
}

TEST_F(ExecuteTest, ASourceThatChangesMeanwhileIsNoticed) {
  const ByteSourcePtr source = MakeFile("weights", RandomBytes(4 * kMiB));
  AddOutput("a", Read("source/a", Matrix(DType::kUint8, 4, kMiB, source)));
  ExecuteOptions options = Options(1, 2 * kMiB);
  options.on_progress = [&](int64_t) { std::ofstream(Path("weights"), std::ios::binary | std::ios::app) << "more"; };
  EXPECT_EQ(Run(options).status().code(), absl::StatusCode::kAborted);
}

TEST_F(ExecuteTest, AConfigThatChangesMeanwhileIsNoticed) {
  checkpoint_->files.push_back({CheckpointFile::Role::kConfig, Path("config.json"), MakeFile("config.json", "{}")});
  AddOutput("a", Read("source/a", Matrix(DType::kUint8, 2, 2, MakeMemorySource("memory", "1234"))));
  EXPECT_TRUE(Run(Options(1, 2 * kMiB)).ok());
  std::ofstream(Path("config.json")) << "{ }";
  EXPECT_EQ(Run(Options(1, 2 * kMiB)).status().code(), absl::StatusCode::kAborted);
}

TEST_F(ExecuteTest, ATruncatedSourceIsAnErrorThatNamesBothTensorsAndLeavesNothing) {
  const ByteSourcePtr source = MakeFile("weights", RandomBytes(4 * kMiB));
  AddOutput("out.a", *Permute(Read("source/a", Matrix(DType::kFloat32, 1024, 1024, source)), {1, 0}));
  std::filesystem::resize_file(Path("weights"), 3 * kMiB);
  const absl::Status status = Run(Options(2, 16 * kMiB)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("out.a"), HasSubstr("source/a"), HasSubstr(Path("weights"))));
  std::filesystem::remove(Path("weights"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace weighbridge
