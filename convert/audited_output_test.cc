#include "convert/audited_output.h"

#include <string>

#include "absl/status/status.h"
#include "convert/convert_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNull;
using ::testing::NotNull;

// Two shards and their index.
class AuditedOutputTest : public testing::Test {
 protected:
  AuditedOutputTest() {
    for (const char* name : {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}) Add(name, File::ROLE_WEIGHTS);
    Add("model.safetensors.index.json", File::ROLE_INDEX);
  }

  void Add(const std::string& name, File::Role role) {
    File* file = manifest_.mutable_output()->add_files();
    file->set_name(name);
    file->set_role(role);
    folder_.Write("out/" + name, "bytes of " + name);
  }

  TemporaryFolder folder_;
  Manifest manifest_;
};

TEST_F(AuditedOutputTest, AFolderHoldsEachFileUnderItsName) {
  const auto output = OpenAuditedOutput(manifest_, folder_.PathOf("out"));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->files, ElementsAre(NotNull(), NotNull(), NotNull()));
  EXPECT_THAT(output->findings, IsEmpty());
  EXPECT_EQ(output->path, folder_.PathOf("out/model.safetensors.index.json"));
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckIsNotAudited(output->path, *output)));
  EXPECT_TRUE(CheckIsNotAudited(folder_.PathOf("elsewhere"), *output).ok());
}

TEST_F(AuditedOutputTest, ANamedFileOfAnotherNameIsTheOneThatStandsForTheCheckpoint) {
  const std::string renamed = folder_.Write("out/renamed.json", "the index");
  const auto output = OpenAuditedOutput(manifest_, renamed);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(output->path, renamed);
  EXPECT_EQ(output->files[2]->name(), renamed);
  EXPECT_TRUE(absl::IsNotFound(OpenAuditedOutput(manifest_, folder_.PathOf("out/none")).status()));
}

TEST_F(AuditedOutputTest, AFileThatIsMissingIsNullAndNoneAtAllIsNoQuestion) {
  folder_.Write("other/model-00001-of-00002.safetensors", "one of them");
  const auto output = OpenAuditedOutput(manifest_, folder_.PathOf("other"));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->files, ElementsAre(NotNull(), IsNull(), IsNull()));
  folder_.Write("empty/notes.txt", "no weights");
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenAuditedOutput(manifest_, folder_.PathOf("empty")).status()));
}

TEST_F(AuditedOutputTest, WeightsThatALoaderMayTakeInsteadAreAFinding) {
  folder_.Write("out/pytorch_model.bin", "others");
  const auto output = OpenAuditedOutput(manifest_, folder_.PathOf("out"));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->findings, ElementsAre(HasSubstr("pytorch_model.bin: the manifest does not list these weights")));
}

}  // namespace
}  // namespace weighbridge
