#include "verify/audit.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/judge_testing.h"
#include "verify/manifest.h"

namespace weighbridge {
namespace {

using Lines = std::vector<std::string>;

// A good file with bytes of a container before and behind the tensors, judged; and what is left of it later.
class AuditTest : public JudgeTest {
 protected:
  AuditTest() {
    // The whole conversion but the great matrix: every byte is changed once below.
    std::erase_if(plan_.outputs, [](const PlannedTensor& output) { return output.name == "wide.weight"; });
    std::erase_if(good_, [](const Stored& stored) { return stored.name == "wide.weight"; });
    std::vector<Stored> tensors = good_;
    bytes_ = "HEADER";
    for (const Stored& tensor : tensors) bytes_ += tensor.bytes;
    Checkpoint merged = MakeCheckpoint("/out/merged.bin", tensors, "HEADER");
    manifest_ = *Judge(plan_, merged, {});
    EXPECT_TRUE(IsAccepted(manifest_));
  }

  Lines Audit(const std::string& bytes, int threads = 1) const {
    return *AuditFiles(manifest_, {MakeMemorySource("later", bytes)}, {.threads = threads});
  }

  Manifest manifest_;
  std::string bytes_;
};

TEST_F(AuditTest, SaysYesToTheSameBytes) {
  EXPECT_EQ(Audit(bytes_), Lines());
  EXPECT_EQ(AuditManifest(manifest_), Lines());
  EXPECT_EQ(*AuditContent(manifest_, MakeCheckpoint("other", good_), {}), Lines());
}

TEST_F(AuditTest, FindsEveryChangedByteAndSaysWhereItIs) {
  std::vector<std::string> owners(6, "container, bytes 0 to 5, before tensor \"norm\"");
  for (const Stored& tensor : good_) {
    owners.resize(owners.size() + tensor.bytes.size(),
                  absl::StrCat("tensor \"", tensor.name, "\", bytes ", owners.size(), " to ", owners.size() + tensor.bytes.size() - 1));
  }
  ASSERT_EQ(owners.size(), bytes_.size());
  for (size_t i = 0; i < bytes_.size(); i += 1 + i / 97) {
    std::string damaged = bytes_;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    const Lines findings = Audit(damaged);
    ASSERT_EQ(findings.size(), 1U) << i;
    ASSERT_TRUE(absl::StartsWith(findings[0], "merged.bin: " + owners[i] + ": ")) << findings[0];
    ASSERT_TRUE(absl::EndsWith(findings[0], "not what they were")) << findings[0];
  }
}

TEST_F(AuditTest, FindsWhatIsCutOffAndWhatIsAppended) {
  const std::string more = bytes_ + "x";
  EXPECT_EQ(Audit(more), (Lines{absl::StrCat("merged.bin: has ", more.size(), " bytes and should have ", bytes_.size())}));
  const Lines cut = Audit(bytes_.substr(0, bytes_.size() - 1));
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_TRUE(absl::StartsWith(cut[1], "merged.bin: tensor \"scale\", ")) << cut[1];
  EXPECT_TRUE(absl::EndsWith(cut[1], ": its elements are cut off")) << cut[1];
  EXPECT_EQ(Audit("").size(), good_.size() + 2);
  EXPECT_EQ(*AuditFiles(manifest_, {nullptr}, {}), Lines{"merged.bin: is missing"});
}

TEST_F(AuditTest, AnswersAreTheSameForAnyThreads) {
  std::string damaged = bytes_;
  for (size_t i = 0; i < damaged.size(); i += 5000) damaged[i] ^= 1;
  EXPECT_EQ(Audit(damaged, 7), Audit(damaged));
  int64_t reported = 0;
  const ByteSourcePtr file = MakeMemorySource("later", bytes_);
  EXPECT_TRUE(AuditFiles(manifest_, {file}, {.threads = 3, .on_progress = [&](int64_t bytes) { reported += bytes; }}).ok());
  EXPECT_EQ(reported, AuditBytes(manifest_, {file}));
}

TEST_F(AuditTest, NoticesAManifestThatContradictsItself) {
  Manifest forged = manifest_;
  forged.mutable_output()->mutable_tensors(0)->set_content_xxh3(std::string(16, 'x'));
  const Lines findings = *AuditFiles(forged, {MakeMemorySource("later", bytes_)}, {});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_TRUE(absl::EndsWith(findings[1], "the manifest contradicts itself")) << findings[1];

  forged = manifest_;
  forged.mutable_output()->mutable_files(0)->set_sha256(std::string(32, 'x'));
  const Lines collision = *AuditFiles(forged, {MakeMemorySource("later", bytes_)}, {});
  ASSERT_EQ(collision.size(), 1U);
  EXPECT_TRUE(absl::EndsWith(collision[0], "that is no accident")) << collision[0];

  forged = manifest_;
  forged.mutable_output()->mutable_tensors(0)->set_content_sha256(std::string(32, 'x'));
  EXPECT_EQ(AuditManifest(forged), Lines{"the manifest contradicts itself: its tensors have another content root"});
  forged = manifest_;
  *forged.mutable_recipe()->mutable_textproto() += " ";
  EXPECT_EQ(AuditManifest(forged), Lines{"the manifest contradicts itself: recipe example has another SHA-256"});
  forged = manifest_;
  forged.set_verdict(Manifest::VERDICT_DIFFERS);
  ASSERT_EQ(AuditManifest(forged).size(), 1U);
  EXPECT_TRUE(absl::StartsWith(AuditManifest(forged)[0], "the manifest itself says no: differs: ")) << AuditManifest(forged)[0];
}

TEST_F(AuditTest, SurvivesAManifestFullOfNonsense) {
  Manifest forged = manifest_;
  OutputTensor& tensor = *forged.mutable_output()->mutable_tensors(0);
  tensor.set_offset(INT64_MAX);
  forged.mutable_output()->mutable_tensors(1)->set_offset(-1);
  forged.mutable_output()->mutable_tensors(2)->add_shape(INT64_MAX);
  forged.mutable_output()->mutable_tensors(3)->set_dtype("float17");
  forged.mutable_output()->mutable_tensors(4)->set_file(99);
  ContainerRange& range = *forged.mutable_output()->mutable_files(0)->mutable_container(0);
  range.set_size(INT64_MAX);
  range.set_offset(INT64_MAX);
  EXPECT_TRUE(AuditFiles(forged, {MakeMemorySource("later", bytes_)}, {}).ok());
}

TEST_F(AuditTest, ComparesContentInAnyOrderShardingAndLayout) {
  std::vector<Stored> file = good_;
  std::reverse(file.begin(), file.end());
  Checkpoint first = MakeCheckpoint("one", {file.begin(), file.begin() + 3});
  const Checkpoint second = MakeCheckpoint("two", {file.begin() + 3, file.end()});
  for (const CheckpointTensor& tensor : second.tensors()) {
    if (tensor.name != "square.weight") {
      ASSERT_TRUE(first.Add(tensor).ok());
      continue;
    }
    // The same matrix, stored column by column.
    const ByteSourcePtr columns = MakeMemorySource("columns", ValueOf(**Permute(plan_.outputs[1].expr, {1, 0})));
    ASSERT_TRUE(first.Add({tensor.name, *StoredTensor::Create(tensor.tensor.spec(), columns, 0, {1, 33}), ""}).ok());
  }
  EXPECT_EQ(*AuditContent(manifest_, first, {.threads = 2}), Lines());
}

TEST_F(AuditTest, NamesTensorsWhoseContentIsAnother) {
  std::vector<Stored> file = good_;
  file[0].bytes[3] ^= 1;
  file[1].name = "renamed";
  file[2].spec.dtype = DType::kBfloat16;
  EXPECT_EQ(*AuditContent(manifest_, MakeCheckpoint("other", file), {}),
            (Lines{"tensor \"norm\": its elements are not what they were", "tensor \"renamed\": is not in the manifest",
                   "tensor \"same.weight\": is bfloat16 [33, 33] and was float16 [33, 33]", "tensor \"square.weight\": is missing"}));
}

TEST_F(AuditTest, ComparesSourcesByTheirBytes) {
  EXPECT_EQ(CompareSources(manifest_, manifest_), Lines());
  Manifest later = manifest_;
  later.mutable_sources(0)->mutable_files(0)->set_name("renamed.bin");
  EXPECT_EQ(CompareSources(manifest_, later), Lines());
  later.mutable_sources(0)->mutable_files(0)->set_sha256(std::string(32, 'x'));
  EXPECT_EQ(CompareSources(manifest_, later),
            (Lines{"source model: no file has the bytes that weights.bin had", "source model: renamed.bin is no file of the manifest"}));
  later = manifest_;
  later.mutable_sources(0)->set_id("other");
  EXPECT_EQ(CompareSources(manifest_, later), Lines{"source other stands in the place of model"});
  later = manifest_;
  later.mutable_recipe()->set_textproto("another");
  EXPECT_EQ(CompareSources(manifest_, later), Lines{"recipe example: its text is another than in the manifest"});
}

}  // namespace
}  // namespace weighbridge
