#include "verify/judge.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "verify/digest/digest.h"
#include "verify/judge_testing.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

using Lines = std::vector<std::string>;

TEST_F(JudgeTest, SaysYesToAGoodFileAndWritesDownWhatItSaw) {
  const Manifest manifest = JudgeFile(good_);
  EXPECT_EQ(manifest.verdict(), Manifest::VERDICT_EXACT);
  EXPECT_EQ(Findings(manifest), Lines());
  EXPECT_EQ(Summary(manifest), "exact: 9 of 9 tensors are bit for bit what the recipe example makes of model");
  EXPECT_EQ(manifest.schema(), "weighbridge.manifest.v1");
  EXPECT_TRUE(absl::StrContains(manifest.recipe().textproto(), "name: \"example\""));
  ASSERT_EQ(manifest.sources_size(), 1);
  ASSERT_EQ(manifest.sources(0).files_size(), 2);
  EXPECT_EQ(manifest.sources(0).tensors(), 7);
  EXPECT_EQ(manifest.sources(0).files(1).name(), "config.json");
  EXPECT_EQ(manifest.sources(0).files(1).role(), File::ROLE_CONFIG);
  EXPECT_EQ(manifest.sources(0).files(1).size(), 2);
  Sha256 sha256;
  sha256.Update("{}");
  EXPECT_EQ(manifest.sources(0).files(1).sha256(), *sha256.Finish());
  EXPECT_EQ(manifest.output().files(0).name(), "merged.bin");
  ASSERT_EQ(manifest.output().tensors_size(), 9);
  EXPECT_EQ(manifest.output().remarks_size(), 0);
  const OutputTensor& wide = manifest.output().tensors(3);
  EXPECT_EQ(wide.name(), "wide.weight");
  EXPECT_EQ(wide.dtype(), "float16");
  EXPECT_EQ(std::vector<int64_t>(wide.shape().begin(), wide.shape().end()), (std::vector<int64_t>{700, 40}));
  EXPECT_EQ(wide.expression(), "transpose(cast(model/wide, float16))");
  EXPECT_EQ(wide.verdict(), OutputTensor::VERDICT_EXACT);
  EXPECT_EQ(wide.finding(), "");
  ASSERT_EQ(manifest.dropped_size(), 1);
  EXPECT_EQ(manifest.dropped(0).reason(), "no consumer reads it");
  EXPECT_EQ(manifest.accounting().source_tensors(), 7);
  EXPECT_EQ(manifest.accounting().source_tensors_used(), 6);
  EXPECT_EQ(manifest.accounting().output_tensors(), 9);
  for (size_t i = 0; i < good_.size(); ++i) {
    ContentDigest digest(good_[i].spec);
    digest.Update(good_[i].bytes);
    EXPECT_EQ(manifest.output().tensors(static_cast<int>(i)).content_xxh3(), *digest.Finish()) << good_[i].name;
  }
}

TEST_F(JudgeTest, DoesNotJudgeAFileThatHoldsMoreThanItLists) {
  Checkpoint merged = MakeCheckpoint("/out/put/merged.bin", good_);
  merged.unlisted = {"the set at \"s\" holds tensors, which are not listed"};
  const absl::Status status = Judge(plan_, merged, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "the set at")) << status;
}

TEST_F(JudgeTest, NamesTensorIndexAndBothValues) {
  std::vector<Stored> file = good_;
  const float values[] = {0.5F, 0.1F};
  std::memcpy(file[0].bytes.data() + 4, values, 8);
  plan_.outputs[0].expr = Read("model/norm", MakeCheckpoint("x", {{"norm", good_[0].spec, file[0].bytes, ""}}).tensors()[0].tensor);
  file[0].bytes[7] = static_cast<char>(0xbf);
  EXPECT_EQ(FindingsOf(file),
            Lines{"tensor \"norm\": element [1] is -0.5 (0xbf000000) and should be 0.5 (0x3f000000); 1 of 5 elements differs"});
  file[0].bytes[16] ^= 1;
  EXPECT_TRUE(absl::StrContains(FindingsOf(file)[0], "; 2 of 5 elements differ"));
}

TEST_F(JudgeTest, SaysNoToAFlippedBitAnywhere) {
  for (size_t t = 0; t < good_.size(); ++t) {
    const int64_t item = ItemSize(good_[t].spec.dtype);
    const int64_t elements = static_cast<int64_t>(good_[t].bytes.size()) / item;
    for (int64_t element : {int64_t{0}, elements / 2, elements - 1}) {
      std::vector<Stored> file = good_;
      file[t].bytes[static_cast<size_t>(element * item)] ^= 1;
      const Lines findings = FindingsOf(file);
      ASSERT_EQ(findings.size(), 1U) << good_[t].name;
      std::vector<int64_t> index(good_[t].spec.shape.size());
      int64_t rest = element;
      for (size_t k = index.size(); k-- > 0; rest /= good_[t].spec.shape[k]) index[k] = rest % good_[t].spec.shape[k];
      EXPECT_TRUE(absl::StartsWith(findings[0], absl::StrCat("tensor \"", good_[t].name, "\": element ", ShapeToString(index), " is ")))
          << findings[0];
      EXPECT_TRUE(absl::StrContains(findings[0], absl::StrCat("; 1 of ", elements, " element"))) << findings[0];
    }
  }
}

TEST_F(JudgeTest, RecognisesATransposedSquareMatrix) {
  std::vector<Stored> file = good_;
  file[1].bytes = ValueOf(*plan_.outputs[1].expr->operands()[0]);
  const Lines findings = FindingsOf(file);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(absl::StartsWith(findings[0], "tensor \"square.weight\": element [0, 1] is ")) << findings[0];
  EXPECT_TRUE(absl::EndsWith(findings[0], "; 1056 of 1089 elements differ; it is the transpose of what it should be")) << findings[0];
}

TEST_F(JudgeTest, RecognisesATransposedMatrix) {
  std::vector<Stored> file = good_;
  file[3].spec.shape = {40, 700};
  file[3].bytes = ValueOf(*plan_.outputs[3].expr->operands()[0]);
  EXPECT_EQ(FindingsOf(file), Lines{"tensor \"wide.weight\": is float16 [40, 700] and should be float16 [700, 40]; "
                                    "it is the transpose of what it should be"});
  file[3].bytes[0] ^= 1;
  EXPECT_EQ(FindingsOf(file), Lines{"tensor \"wide.weight\": is float16 [40, 700] and should be float16 [700, 40]"});
}

TEST_F(JudgeTest, SaysNoToTensorsThatAreSwapped) {
  std::vector<Stored> contents = good_;
  std::swap(contents[1].bytes, contents[2].bytes);
  const Lines findings = FindingsOf(contents);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_TRUE(absl::StartsWith(findings[0], "tensor \"square.weight\": element [0, 0] is "));
  EXPECT_TRUE(absl::StartsWith(findings[1], "tensor \"same.weight\": element [0, 0] is "));

  std::vector<Stored> places = good_;
  std::swap(places[1], places[2]);
  EXPECT_EQ(FindingsOf(places), Lines{"tensor \"same.weight\": is tensor 1 of the file and should be tensor 2, counted from 0"});
}

TEST_F(JudgeTest, SaysNoToAnotherOrder) {
  std::vector<Stored> file = good_;
  std::rotate(file.begin(), file.begin() + 1, file.end());
  EXPECT_EQ(FindingsOf(file), Lines{"tensor \"norm\": is tensor 8 of the file and should be tensor 0, counted from 0"});
  file.back().bytes[4] ^= 1;
  const Manifest manifest = JudgeFile(file);
  EXPECT_EQ(manifest.output().tensors(8).verdict(), OutputTensor::VERDICT_DIFFERS);
  EXPECT_TRUE(absl::EndsWith(manifest.output().tensors(8).finding(),
                             "; 1 of 5 elements differs; is tensor 8 of the file and should be tensor 0, counted from 0"));
}

TEST_F(JudgeTest, PutsMissingTensorsWhereTheyShouldBe) {
  for (size_t t = 0; t < good_.size(); ++t) {
    std::vector<Stored> file = good_;
    file.erase(file.begin() + static_cast<int64_t>(t));
    const Manifest manifest = JudgeFile(file);
    EXPECT_EQ(Findings(manifest),
              Lines{absl::StrCat("tensor \"", good_[t].name, "\": is missing; it should be tensor ", t, ", counted from 0")});
    const OutputTensor& missing = manifest.output().tensors(static_cast<int>(t));
    EXPECT_EQ(missing.verdict(), OutputTensor::VERDICT_MISSING);
    EXPECT_EQ(missing.content_xxh3(), "");
    EXPECT_NE(missing.expression(), "");
  }
  EXPECT_EQ(FindingsOf({}).size(), 9U);
}

TEST_F(JudgeTest, NamesUnexpectedAndRenamedTensors) {
  std::vector<Stored> file = good_;
  file.insert(file.begin() + 2, {"extra", {DType::kInt8, {3}}, "abc", ""});
  EXPECT_EQ(FindingsOf(file), Lines{"tensor \"extra\": is not among the tensors that the recipe makes"});

  std::vector<Stored> renamed = good_;
  renamed[2].name = "same.wieght";
  renamed[1].name = "square.wieght";
  EXPECT_EQ(
      FindingsOf(renamed),
      (Lines{"tensor \"square.weight\": is missing; it should be tensor 1, counted from 0",
             "tensor \"same.weight\": is missing; it should be tensor 2, counted from 0",
             "tensor \"square.wieght\": is not among the tensors that the recipe makes; it has every bit of the missing \"square.weight\"",
             "tensor \"same.wieght\": is not among the tensors that the recipe makes; it has every bit of the missing \"same.weight\""}));
  renamed[2].bytes[0] ^= 1;
  EXPECT_EQ(FindingsOf(renamed)[3], "tensor \"same.wieght\": is not among the tensors that the recipe makes");
}

TEST_F(JudgeTest, SaysNoToAnotherDTypeOrShape) {
  std::vector<Stored> file = good_;
  file[2].spec.dtype = DType::kBfloat16;
  file[4].spec.shape = {35, 40};
  file[6].spec = {DType::kInt32, {2, 6}};
  const Manifest manifest = JudgeFile(file);
  EXPECT_EQ(Findings(manifest), (Lines{"tensor \"same.weight\": is bfloat16 [33, 33] and should be float16 [33, 33]",
                                       "tensor \"padded\": is float32 [35, 40] and should be float32 [40, 35]",
                                       "tensor \"ids\": is int32 [2, 6] and should be int64 [2, 3]"}));
  EXPECT_EQ(manifest.output().tensors(2).verdict(), OutputTensor::VERDICT_WRONG_DTYPE);
  EXPECT_EQ(manifest.output().tensors(4).verdict(), OutputTensor::VERDICT_WRONG_SHAPE);
  EXPECT_EQ(manifest.output().tensors(6).verdict(), OutputTensor::VERDICT_WRONG_DTYPE);
  EXPECT_EQ(Summary(manifest), "differs: 6 of 9 tensors are bit for bit what the recipe example makes of model");
}

TEST_F(JudgeTest, OnlyRemarksOnOtherTensorNames) {
  std::vector<Stored> file = good_;
  file[1].tensor_name = "linear_7.w_0";
  file[2].tensor_name = "";  // A container that gives no name says nothing wrong.
  const Manifest manifest = JudgeFile(file);
  EXPECT_EQ(manifest.verdict(), Manifest::VERDICT_EXACT);
  ASSERT_EQ(manifest.output().remarks_size(), 1);
  EXPECT_EQ(manifest.output().remarks(0),
            "1 tensor has another name in the container's name table than the recipe's naming rule gives, which loading ignores: "
            "\"square.weight\" is called \"linear_7.w_0\" and not \"square.weight_0\"");
}

TEST_F(JudgeTest, ToleranceDecidesWhereBitsDiffer) {
  std::vector<Stored> file = good_;
  std::string& bytes = file[Number("wide.weight")].bytes;
  bytes[0] ^= 1;
  const auto judge = [&](const std::string& tolerance) { return JudgeFile(file, {.tolerance = tolerance}); };
  const int wide = static_cast<int>(Number("wide.weight"));
  EXPECT_EQ(judge("exact").verdict(), Manifest::VERDICT_DIFFERS);
  EXPECT_EQ(judge("exact").output().tensors(wide).errors().beyond_tolerance(), 1);
  const Manifest within = judge("ulp:1");
  EXPECT_EQ(within.verdict(), Manifest::VERDICT_WITHIN_TOLERANCE);
  EXPECT_TRUE(IsAccepted(within));
  EXPECT_EQ(within.tolerance(), "ulp:1");
  EXPECT_EQ(within.output().tensors(wide).verdict(), OutputTensor::VERDICT_WITHIN_TOLERANCE);
  EXPECT_TRUE(
      absl::StrContains(within.output().tensors(wide).finding(), "; 1 of 28000 elements differs, within the tolerance ulp:1; the greatest"))
      << within.output().tensors(wide).finding();
  EXPECT_TRUE(absl::StrContains(Summary(within), "within tolerance: 8 of 9 tensors")) << Summary(within);
  EXPECT_EQ(judge("torch").verdict(), Manifest::VERDICT_WITHIN_TOLERANCE);
  bytes[0] ^= 3;
  EXPECT_EQ(judge("ulp:1").verdict(), Manifest::VERDICT_DIFFERS);
  file[Number("ids")].bytes[0] ^= 1;
  EXPECT_EQ(judge("abs:100").output().tensors(static_cast<int>(Number("ids"))).verdict(), OutputTensor::VERDICT_DIFFERS);
  EXPECT_FALSE(Judge(plan_, MakeCheckpoint("m", file), {.tolerance = "loose"}).ok());
}

TEST_F(JudgeTest, ARulesOwnToleranceCounts) {
  std::vector<Stored> file = good_;
  file[Number("sum")].bytes[0] ^= 1;
  file[Number("wide.weight")].bytes[0] ^= 1;
  plan_.outputs[Number("sum")].tolerance = "ulp:1";
  const Manifest manifest = JudgeFile(file);
  EXPECT_EQ(manifest.output().tensors(static_cast<int>(Number("sum"))).verdict(), OutputTensor::VERDICT_WITHIN_TOLERANCE);
  EXPECT_EQ(manifest.output().tensors(static_cast<int>(Number("sum"))).tolerance(), "ulp:1");
  EXPECT_EQ(manifest.output().tensors(static_cast<int>(Number("wide.weight"))).verdict(), OutputTensor::VERDICT_DIFFERS);
  EXPECT_EQ(manifest.tolerance(), "exact");
}

TEST_F(JudgeTest, MatchJudgesSomeTensorsOnly) {
  std::vector<Stored> file = good_;
  file[Number("sum")].bytes[0] ^= 1;
  std::swap(file[1], file[2]);
  JudgeOptions options;
  options.match = [](absl::string_view name) { return absl::StartsWith(name, "s"); };
  const Manifest manifest = JudgeFile(file, options);
  std::vector<std::string> names;
  for (const OutputTensor& tensor : manifest.output().tensors()) names.push_back(tensor.name());
  EXPECT_EQ(names, (std::vector<std::string>{"same.weight", "square.weight", "sum", "scale"}));
  EXPECT_EQ(manifest.output().files_size(), 0);
  EXPECT_EQ(Summary(manifest), "differs: 2 of 4 tensors are bit for bit what the recipe example makes of model");
  int64_t reported = 0;
  options.on_progress = [&](int64_t bytes) { reported += bytes; };
  JudgeFile(file, options);
  EXPECT_EQ(reported, JudgeBytes(plan_, MakeCheckpoint("merged", file), options));
}

TEST_F(JudgeTest, ReportsAsManyBytesAsItSaid) {
  int64_t reported = 0;
  JudgeOptions options{.threads = 3};
  options.on_progress = [&](int64_t bytes) { reported += bytes; };
  JudgeFile(good_, options);
  EXPECT_EQ(reported, JudgeBytes(plan_, MakeCheckpoint("merged", good_)));
}

TEST_F(JudgeTest, StopsWhenToldAndRefusesTooLittleMemory) {
  const std::atomic<bool> stop = true;
  const Checkpoint merged = MakeCheckpoint("merged", good_);
  EXPECT_EQ(Judge(plan_, merged, {.stop = &stop}).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Judge(plan_, merged, {.memory = 1 << 20}).status().code(), absl::StatusCode::kResourceExhausted);
}

// Reads zeros, or fails, or has changed.
class TroubledSource final : public ByteSource {
 public:
  TroubledSource(int64_t size, absl::Status reading, absl::Status unchanged)
      : ByteSource("troubled", size), reading_(std::move(reading)), unchanged_(std::move(unchanged)) {}
  absl::Status CheckUnchanged() const override { return unchanged_; }

 private:
  absl::Status ReadInside(int64_t, absl::Span<char> buffer) const override {
    std::fill(buffer.begin(), buffer.end(), '\0');
    return reading_;
  }

  absl::Status reading_;
  absl::Status unchanged_;
};

Checkpoint OfSource(const std::string& path, ByteSourcePtr source) {
  Checkpoint checkpoint;
  checkpoint.path = path;
  checkpoint.files = {{CheckpointFile::Role::kWeights, path, source}};
  EXPECT_TRUE(checkpoint.Add({"t", *StoredTensor::CreateRowMajor({DType::kUint8, {source->size()}}, source, 0), ""}).ok());
  return checkpoint;
}

TEST(Judge, TellsTroubleWithSourcesFromDamageOfTheMergedFile) {
  const absl::Status damage = absl::DataLossError("damaged");
  const absl::Status change = absl::AbortedError("changed");
  const ByteSourcePtr healthy = std::make_shared<TroubledSource>(100, absl::OkStatus(), absl::OkStatus());
  const ByteSourcePtr damaged = std::make_shared<TroubledSource>(100, damage, absl::OkStatus());
  const ByteSourcePtr changed = std::make_shared<TroubledSource>(100, absl::OkStatus(), change);
  const ByteSourcePtr truncated = std::make_shared<TroubledSource>(100, damage, change);
  const struct {
    ByteSourcePtr source, merged;
    absl::Status expected;
    bool concerns_merged;
  } cases[] = {
      {healthy, healthy, absl::OkStatus(), false},
      {damaged, healthy, absl::DataLossError("reading source s: damaged"), false},
      {changed, healthy, absl::AbortedError("reading source s: changed"), false},
      {truncated, healthy, absl::AbortedError("reading source s: changed"), false},
      {healthy, damaged, absl::DataLossError("reading the merged checkpoint: damaged"), true},
      {healthy, changed, absl::AbortedError("reading the merged checkpoint: changed"), true},
  };
  for (const auto& c : cases) {
    Plan plan;
    plan.sources = {{"s", std::make_shared<Checkpoint>(OfSource("source", c.source))}};
    plan.outputs = {{"t", Read("s/t", plan.sources[0].checkpoint->tensors()[0].tensor), ""}};
    const absl::Status status = Judge(plan, OfSource("merged", c.merged), {}).status();
    EXPECT_EQ(status.code(), c.expected.code());
    EXPECT_EQ(status.message(), c.expected.message());
    EXPECT_EQ(ConcernsMerged(status), c.concerns_merged) << status;
  }
}

TEST(Judge, ChecksChecksumsOfFilesAndOfDecodedBytes) {
  const ByteSourcePtr file = MakeMemorySource("file", "123456789");
  for (const ByteSourcePtr& checked : {file, MakeMemorySource("inflated", "123456789")}) {
    Checkpoint merged = OfSource("merged", file);
    Plan plan;
    plan.outputs = {{"t", Read("s/t", merged.tensors()[0].tensor), ""}};
    merged.checksums = {{checked, 0, 9, 0xcbf43926, "member a"}};
    int64_t reported = 0;
    JudgeOptions options;
    options.on_progress = [&](int64_t bytes) { reported += bytes; };
    EXPECT_TRUE(Judge(plan, merged, options).ok());
    EXPECT_EQ(reported, JudgeBytes(plan, merged));
    merged.checksums[0].crc32 = 0;
    const absl::Status status = Judge(plan, merged, {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(absl::StrContains(status.message(), checked->name() + ": member a: ")) << status;
    EXPECT_TRUE(ConcernsMerged(status));
  }
}

// A file of any size that takes no memory: a float32 pattern of the element's number.
class PatternSource final : public ByteSource {
 public:
  explicit PatternSource(int64_t size) : ByteSource("pattern", size) {}

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    const auto begin = static_cast<uint64_t>(offset);
    const uint64_t end = begin + buffer.size();
    for (uint64_t at = begin; at < end; ++at) {
      if (at % 4 == 0 && end - at >= 4) {
        at = FillWords(at, end, buffer.data() + (at - begin)) - 1;
      } else {
        buffer[at - begin] = static_cast<char>(WordAt(at / 4) >> (8 * (at % 4)));
      }
    }
    return absl::OkStatus();
  }

  static uint32_t WordAt(uint64_t number) { return static_cast<uint32_t>(number * 2654435761U) & 0x3fff'ffff; }  // Below 2 as float32.

  // Fills whole words from `at` on; returns where they end.
  static uint64_t FillWords(uint64_t at, uint64_t end, char* out) {
    for (; end - at >= 4; at += 4, out += 4) {
      const uint32_t word = WordAt(at / 4);
      std::memcpy(out, &word, 4);
    }
    return at;
  }
};

// Bytes of memory that this process held at most since the last call with `reset`.
int64_t PeakMemory(bool reset) {
  if (reset) std::ofstream("/proc/self/clear_refs") << "5";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (absl::StartsWith(line, "VmHWM:")) return std::stoll(line.substr(6)) * 1024;
  }
  return 0;
}

TEST(Judge, KeepsToItsMemoryAndItsAnswerDoesNotDependOnIt) {
  constexpr int64_t kMemory = int64_t{16} << 20;
  constexpr int64_t kRows = 3001;
  constexpr int64_t kColumns = 4 * kMemory / 2 / kRows;  // float16: four times the memory.
  const auto source = std::make_shared<PatternSource>(kRows * kColumns * 4);
  const StoredTensor stored = *StoredTensor::CreateRowMajor({DType::kFloat32, {kRows, kColumns}}, source, 0);
  auto checkpoint = std::make_shared<Checkpoint>();
  checkpoint->files = {{CheckpointFile::Role::kWeights, "source", source}};
  Plan plan;
  plan.sources = {{"s", checkpoint}};
  plan.outputs = {{"straight", Read("s/t", stored), ""},
                  {"transposed", *Permute(Read("s/t", stored), {1, 0}), ""},
                  {"cast", *Permute(*Cast(Read("s/t", stored), DType::kFloat16), {1, 0}), ""}};
  // The file holds the pattern where it should be transposed and cast.
  Checkpoint merged;
  merged.files = checkpoint->files;
  ASSERT_TRUE(merged.Add({"straight", stored, ""}).ok());
  ASSERT_TRUE(merged.Add({"transposed", *StoredTensor::Create({DType::kFloat32, {kColumns, kRows}}, source, 0, {1, kColumns}), ""}).ok());
  ASSERT_TRUE(merged.Add({"cast", *StoredTensor::CreateRowMajor({DType::kFloat16, {kColumns, kRows}}, source, 0), ""}).ok());

  std::string bytes;
  const int64_t before = PeakMemory(true);
  for (const JudgeOptions& options : {JudgeOptions{.threads = 1, .memory = kMemory}, JudgeOptions{.threads = 8, .memory = kMemory},
                                      JudgeOptions{.threads = 1, .memory = kMemory / 2}}) {
    absl::StatusOr<Manifest> manifest = Judge(plan, merged, options);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    EXPECT_EQ(manifest->output().tensors(0).verdict(), OutputTensor::VERDICT_EXACT);
    EXPECT_EQ(manifest->output().tensors(1).verdict(), OutputTensor::VERDICT_EXACT);
    EXPECT_EQ(manifest->output().tensors(2).verdict(), OutputTensor::VERDICT_DIFFERS);
    if (bytes.empty()) bytes = SerializeManifest(*manifest);
    EXPECT_EQ(SerializeManifest(*manifest), bytes);
  }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_LOG_(INFO) << "sanitizers hold memory of their own, so " << PeakMemory(false) - before << " bytes say nothing";
#else
  EXPECT_LE(PeakMemory(false) - before, kMemory + (int64_t{4} << 20));
#endif
}

}  // namespace
}  // namespace weighbridge
