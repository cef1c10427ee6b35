#include "convert/audit_checkpoint.h"

#include <filesystem>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "convert/check_not_read.h"
#include "convert/conversion.h"
#include "convert/convert.h"
#include "convert/convert_testing.h"
#include "convert/judge_checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A copy that was published with its manifest, and both questions about it.
class JudgedAgainTest : public testing::Test {
 protected:
  JudgedAgainTest() {
    source_ = folder_.Write("m.safetensors", TensorsFile({{"a", {1, 2, 3}}, {"b", {4}}}));
    Publish("out", WeightsFormat::kSafetensors);
    judge_ = {.checkpoint = folder_.PathOf("out"), .recipe = CopyRecipe(), .sources = {.paths = {{"m", source_}}}};
    audit_ = {.manifest = folder_.PathOf("out/manifest.binpb"), .checkpoint = folder_.PathOf("out")};
  }

  void Publish(const std::string& name, WeightsFormat format) const {
    auto conversion = PlanConversion(CopyRecipe(), {SourceAt("m", source_)}, {.format = format});
    ASSERT_TRUE(conversion.ok()) << conversion.status();
    const auto result = Convert(*std::move(conversion), {.folder = folder_.PathOf(name), .manifest_name = "manifest.binpb"});
    ASSERT_TRUE(result.ok()) << result.status();
  }

  // Another value in the published file.
  void Damage() const { folder_.Write("out/model.safetensors", TensorsFile({{"a", {1, 2, 3}}, {"b", {5}}})); }

  TemporaryFolder folder_;
  std::string source_;
  JudgeRequest judge_;
  AuditRequest audit_;
};

using JudgeCheckpointTest = JudgedAgainTest;
using AuditCheckpointTest = JudgedAgainTest;

TEST_F(JudgeCheckpointTest, SaysYesAndNoAndThatAFileCannotBeRead) {
  auto judgement = JudgeCheckpoint(judge_);
  ASSERT_TRUE(judgement.ok()) << judgement.status();
  EXPECT_TRUE(IsAccepted(*judgement->manifest));
  Damage();
  judgement = JudgeCheckpoint(judge_);
  ASSERT_TRUE(judgement.ok()) << judgement.status();
  EXPECT_THAT(Findings(*judgement->manifest), ElementsAre(HasSubstr("tensor \"b\"")));
  std::filesystem::resize_file(folder_.PathOf("out/model.safetensors"), 20);
  judgement = JudgeCheckpoint(judge_);
  ASSERT_TRUE(judgement.ok()) << judgement.status();
  EXPECT_FALSE(judgement->manifest.has_value());
  EXPECT_THAT(judgement->damage, HasSubstr("model.safetensors"));
}

TEST_F(JudgeCheckpointTest, OnlyTensorsOfMatchingNamesAreJudgedIfThereAreAny) {
  Damage();
  judge_.match = "^a$";
  const auto judgement = JudgeCheckpoint(judge_);
  ASSERT_TRUE(judgement.ok()) << judgement.status();
  EXPECT_TRUE(IsAccepted(*judgement->manifest));
  for (const char* match : {"nothing", "("}) {
    judge_.match = match;
    const absl::Status refusal = JudgeCheckpoint(judge_).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refusal)) << refusal;
    EXPECT_THAT(refusal.message(), HasSubstr(std::string("--match=") + match + ": "));
  }
}

TEST_F(JudgeCheckpointTest, WhatIsReadIsNeverWrittenLater) {
  for (const std::string& path : {source_, folder_.PathOf("out/model.safetensors")}) {
    judge_.will_be_written = {path};
    EXPECT_TRUE(absl::IsFailedPrecondition(JudgeCheckpoint(judge_).status())) << path;
  }
  audit_.will_be_written = {folder_.PathOf("out/model.safetensors")};
  for (const bool content_only : {false, true}) {
    audit_.content_only = content_only;
    EXPECT_TRUE(absl::IsFailedPrecondition(AuditCheckpoint(audit_).status()));
  }
}

TEST_F(JudgeCheckpointTest, WhatIsReadIsNeverWrittenWhateverTheAnswer) {
  // Another recipe than the manifest's: the answer is no before a file is looked at.
  audit_.recipe = folder_.Write("other.textproto", "name: \"other\" sources { id: \"m\" }");
  audit_.sources.paths = {{"m", source_}};
  for (const std::string& path : {source_, folder_.PathOf("out/model.safetensors")}) {
    audit_.will_be_written = {path};
    for (const bool content_only : {false, true}) {
      audit_.content_only = content_only;
      EXPECT_TRUE(IsWouldOverwrite(AuditCheckpoint(audit_).status())) << path << AuditCheckpoint(audit_).status();
    }
  }
  // Nobody knows the files of a damaged checkpoint; those of the sources are known.
  std::filesystem::resize_file(folder_.PathOf("out/model.safetensors"), 20);
  judge_.will_be_written = {source_};
  EXPECT_TRUE(IsWouldOverwrite(JudgeCheckpoint(judge_).status()));
}

TEST_F(AuditCheckpointTest, SaysYesByTheManifestAloneAndAsksSourcesThatAreGiven) {
  auto answer = AuditCheckpoint(audit_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->findings, IsEmpty());
  EXPECT_THAT(answer->remarks, IsEmpty());
  EXPECT_FALSE(answer->judgement.has_value());
  audit_.sources.paths = {{"m", source_}};
  answer = AuditCheckpoint(audit_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->findings, IsEmpty());
  EXPECT_EQ(SerializeManifest(*answer->judgement), SerializeManifest(answer->manifest));
}

TEST_F(AuditCheckpointTest, SaysNoToAnotherFileAndToAnotherSource) {
  folder_.Write("m.safetensors", TensorsFile({{"a", {1, 2, 3}}, {"b", {5}}}));
  audit_.sources.paths = {{"m", source_}};
  auto answer = AuditCheckpoint(audit_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->findings, Contains(HasSubstr("tensor \"b\"")));
  audit_.sources.paths.clear();
  Damage();
  answer = AuditCheckpoint(audit_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->findings, Contains(HasSubstr("\"b\"")));
  std::filesystem::remove(folder_.PathOf("out/model.safetensors"));
  EXPECT_TRUE(absl::IsFailedPrecondition(AuditCheckpoint(audit_).status()));
}

TEST_F(AuditCheckpointTest, OfTheContentAloneAnyContainerIsAccepted) {
  Publish("torch", WeightsFormat::kTorch);
  audit_.checkpoint = folder_.PathOf("torch");
  audit_.content_only = true;
  auto answer = AuditCheckpoint(audit_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->findings, IsEmpty());
  audit_.content_only = false;
  answer = AuditCheckpoint(audit_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_FALSE(answer->findings.empty());
}

TEST_F(AuditCheckpointTest, TheAuditorsRecipeMustBeTheManifests) {
  Recipe recipe = CopyRecipe();
  std::string text;
  for (const bool is_same : {true, false}) {
    if (!is_same) recipe.mutable_sections(0)->mutable_takes(0)->set_tolerance("torch");
    google::protobuf::TextFormat::PrintToString(recipe, &text);
    audit_.recipe = folder_.Write("copy.textproto", text);
    const auto answer = AuditCheckpoint(audit_);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->findings.empty(), is_same);
  }
}

TEST_F(AuditCheckpointTest, AManifestThatIsNoneOrNotThereIsAnError) {
  audit_.manifest = folder_.PathOf("none");
  EXPECT_TRUE(absl::IsNotFound(AuditCheckpoint(audit_).status()));
  audit_.manifest = source_;
  EXPECT_THAT(AuditCheckpoint(audit_).status().message(), HasSubstr("reading " + source_));
}

}  // namespace
}  // namespace weighbridge
