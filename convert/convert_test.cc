#include "convert/convert.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "convert/convert_testing.h"
#include "convert/open_sources.h"
#include "convert/resources.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/read_model.h"
#include "formats/read_limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "proto/manifest.pb.h"
#include "recipes/recipes.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using Files = std::map<std::string, std::string>;

// Calls a function each time that something is told.
class Listener final : public ProgressListener {
 public:
  explicit Listener(std::function<void(absl::string_view step)> on_call) : on_call_(std::move(on_call)) {}
  void Start(absl::string_view step, int64_t) override { on_call_(step); }
  void Add(int64_t) override { on_call_(""); }
  void Finish() override { on_call_(""); }

 private:
  std::function<void(absl::string_view)> on_call_;
};

// Bytes that become others while they are read.
class ChangingSource final : public ByteSource {
 public:
  explicit ChangingSource(std::string bytes) : ByteSource("m.safetensors", static_cast<int64_t>(bytes.size())), bytes_(std::move(bytes)) {}
  void Change() { is_changed_ = true; }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    bytes_.copy(buffer.data(), buffer.size(), static_cast<size_t>(offset));
    // The last byte lies in a tensor.
    if (is_changed_ && offset + static_cast<int64_t>(buffer.size()) == size()) buffer.back() ^= 1;
    return absl::OkStatus();
  }

  std::string bytes_;
  std::atomic<bool> is_changed_ = false;
};

// A small checkpoint that is copied to "out".
class ConvertTest : public testing::Test {
 protected:
  ConvertTest() : path_(folder_.Write("m.safetensors", TensorsFile({{"a", {1, 2, 3}}, {"b", {4}}}))) {
    options_.folder = folder_.PathOf("out");
    options_.manifest_name = "manifest.binpb";
  }

  absl::StatusOr<ConversionResult> Run(const PlanSource& source, const ConversionOptions& conversion = {}) const {
    ASSIGN_OR_RETURN(Conversion planned, PlanConversion(CopyRecipe(), {source}, conversion));
    return Convert(std::move(planned), options_);
  }
  absl::StatusOr<ConversionResult> Run(const ConversionOptions& conversion = {}) const { return Run(SourceAt("m", path_), conversion); }
  Files Out() const { return FilesBelow(options_.folder); }

  TemporaryFolder folder_;
  std::string path_;
  ConvertOptions options_;
};

TEST_F(ConvertTest, GivesTheBytesOfTheReferenceAndTellsWhatWasPublished) {
  const std::string tiny = "testdata/tiny/";
  const auto recipe = LoadRecipe("minigpt4");
  ASSERT_TRUE(recipe.ok()) << recipe.status();
  const auto sources = OpenSources(
      *recipe,
      {.paths = {
           {"blip2", tiny + "blip2"}, {"base", tiny + "llama"}, {"delta", tiny + "delta"}, {"minigpt4", tiny + "prerained_minigpt4.pth"}}});
  ASSERT_TRUE(sources.ok()) << sources.status();
  auto conversion = PlanConversion(*recipe, *sources, {});
  ASSERT_TRUE(conversion.ok()) << conversion.status();
  EXPECT_THAT(conversion->FileNames(), ElementsAre("model_state.pdparams"));
  const auto result = Convert(*std::move(conversion), options_);
  ASSERT_TRUE(result.ok()) << result.status();

  EXPECT_TRUE(result->is_published);
  EXPECT_EQ(result->plan.outputs.size(), 100);
  const Files out = Out();
  EXPECT_THAT(out, ElementsAre(Key("manifest.binpb"), Key("model_state.pdparams")));
  ASSERT_EQ(result->weights.size(), 1);
  EXPECT_EQ(result->weights[0].path, options_.folder + "/model_state.pdparams");
  EXPECT_EQ(result->weights[0].bytes, static_cast<int64_t>(out.at("model_state.pdparams").size()));
  EXPECT_EQ(result->manifest_path, options_.folder + "/manifest.binpb");
  EXPECT_EQ(out.at("manifest.binpb"), SerializeManifest(*result->judgement));
  std::ifstream expected(tiny + "expected.json");
  const auto entry = nlohmann::json::parse(expected)["files"]["merged/model_state.pdparams"];
  EXPECT_EQ(absl::BytesToHexString(result->judgement->output().files(0).sha256()), entry["sha256"].get<std::string>());
}

TEST_F(ConvertTest, WritesShardsWithTheirIndexAndRemovesOtherWeightsOnlyIfAsked) {
  folder_.Write("out/pytorch_model.bin", "other weights");
  folder_.Write("out/mine.txt", "mine");
  const ConversionOptions shards{.format = WeightsFormat::kSafetensors, .max_shard_size = 12};
  EXPECT_TRUE(absl::IsAlreadyExists(Run(shards).status()));
  EXPECT_THAT(Out(), ElementsAre(Key("mine.txt"), Key("pytorch_model.bin")));
  options_.overwrite = true;
  const auto result = Run(shards);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->weights.size(), 2);
  EXPECT_EQ(result->index_path, options_.folder + "/model.safetensors.index.json");
  EXPECT_THAT(Out(), ElementsAre(Key("manifest.binpb"), Key("mine.txt"), Key("model-00001-of-00002.safetensors"),
                                 Key("model-00002-of-00002.safetensors"), Key("model.safetensors.index.json")));
}

TEST_F(ConvertTest, ASingleFileMayStandBesideOthersWhichAreNamed) {
  folder_.Write("out/pytorch_model.bin", "other weights");
  options_.is_single_file = true;
  options_.manifest_name = "";
  const auto result = Run({.format = WeightsFormat::kSafetensors, .file_name = "model.safetensors"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->other_weights, ElementsAre("pytorch_model.bin"));
  EXPECT_EQ(result->manifest_path, "");
  EXPECT_THAT(Out(), ElementsAre(Key("model.safetensors"), Key("pytorch_model.bin")));
}

TEST_F(ConvertTest, WithoutAJudgementThereIsNoManifestAndAnOlderOneGoes) {
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(Out(), ElementsAre(Key("manifest.binpb"), Key("model_state.pdparams")));
  options_.verify = false;
  options_.overwrite = true;
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->judgement.has_value());
  EXPECT_THAT(Out(), ElementsAre(Key("model_state.pdparams")));
}

TEST_F(ConvertTest, AJudgementThatSaysNoPublishesNothing) {
  for (const char* old : {"", "old model"}) {
    const auto bytes = std::make_shared<ChangingSource>(TensorsFile({{"a", {1, 2, 3}}, {"b", {4}}}));
    auto checkpoint = ReadModel(
        bytes, [](const std::string& name) -> absl::StatusOr<ByteSourcePtr> { return absl::NotFoundError(name); }, ReadLimits());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    if (*old != '\0') folder_.Write("out/model_state.pdparams", old);
    const Files before = FilesBelow(folder_.PathOf(""));
    options_.overwrite = true;
    Listener listener([&](absl::string_view step) {
      if (step == "verifying") bytes->Change();
    });
    options_.resources.progress = &listener;
    const auto result = Run({.id = "m", .checkpoint = std::make_shared<const Checkpoint>(*std::move(checkpoint))});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_FALSE(result->is_published);
    EXPECT_THAT(result->weights, IsEmpty());
    EXPECT_THAT(Findings(*result->judgement), ElementsAre(HasSubstr("tensor \"b\"")));
    EXPECT_EQ(FilesBelow(folder_.PathOf("")), before);
  }
}

TEST_F(ConvertTest, ASourceThatChangesMeanwhileOrACancellationLeavesNothing) {
  Listener change([&](absl::string_view step) {
    if (step == "verifying") folder_.Write("m.safetensors", "something else");
  });
  options_.resources.progress = &change;
  EXPECT_FALSE(Run().ok());
  EXPECT_THAT(FilesBelow(folder_.PathOf("")), ElementsAre(Key("m.safetensors")));

  folder_.Write("m.safetensors", TensorsFile({{"a", {1, 2, 3}}}));
  for (const char* step : {"writing", "verifying"}) {
    std::atomic<bool> stop = false;
    Listener listener([&](absl::string_view name) {
      if (name == step) stop = true;
    });
    options_.resources.progress = &listener;
    options_.resources.stop = &stop;
    EXPECT_TRUE(absl::IsCancelled(Run().status())) << step;
    EXPECT_THAT(FilesBelow(folder_.PathOf("")), ElementsAre(Key("m.safetensors")));
  }
}

TEST_F(ConvertTest, WhatIsReadIsNeverOverwritten) {
  options_.folder = folder_.PathOf("");
  options_.overwrite = true;
  const ConversionOptions onto_itself{.format = WeightsFormat::kSafetensors, .file_name = "m.safetensors"};
  EXPECT_THAT(Run(onto_itself).status().message(), HasSubstr("is read as a source (m)"));
  options_.manifest_name = "m.safetensors";
  EXPECT_TRUE(absl::IsFailedPrecondition(Run().status()));
}

TEST_F(ConvertTest, TooLittleMemoryAndSenselessShardsAreRefusedBeforeTheWork) {
  options_.resources.memory = 1000;
  EXPECT_TRUE(absl::IsResourceExhausted(Run().status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Run({.max_shard_size = 0}).status()));
  EXPECT_THAT(Out(), IsEmpty());
}

TEST_F(ConvertTest, AProcessThatIsKilledAtAnyMomentOfTheWorkLeavesNothing) {
  options_.overwrite = true;
  for (const bool is_old : {false, true}) {
    if (is_old) folder_.Write("out/model_state.pdparams", "old model");
    const Files before = Out();
    int moment = 0;
    for (bool is_killed = true; is_killed; ++moment) {
      const pid_t child = fork();
      if (child == 0) {
        int left = moment;
        Listener listener([&](absl::string_view) {
          if (left-- == 0) raise(SIGKILL);
        });
        options_.resources.progress = &listener;
        _exit(Run().ok() ? 0 : 1);
      }
      int state = 0;
      waitpid(child, &state, 0);
      is_killed = WIFSIGNALED(state);
      if (is_killed) {
        EXPECT_EQ(Out(), before) << moment;
      } else {
        EXPECT_EQ(state, 0);
      }
    }
    // Writing and verifying each begin, go on and end.
    EXPECT_GT(moment, 6);
    EXPECT_THAT(Out(), ElementsAre(Key("manifest.binpb"), Key("model_state.pdparams")));
    EXPECT_THAT(FilesBelow(folder_.PathOf("")).size(), 3);
  }
}

}  // namespace
}  // namespace weighbridge
