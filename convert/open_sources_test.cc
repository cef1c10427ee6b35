#include "convert/open_sources.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "convert/convert_testing.h"
#include "expr/plan.h"
#include "fetch/receipt.h"
#include "formats/checkpoint.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/recipe.pb.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A recipe of "model" and "extra", the former of which the copy of "m" makes.
class OpenSourcesTest : public testing::Test {
 protected:
  OpenSourcesTest()
      : path_(folder_.Write("m.safetensors", TensorsFile({{"a", {1, 2}}}))),
        recipe_(RecipeOf(R"(name: "two" sources { id: "model" description: "the model" } sources { id: "extra" description: "the rest" }
                            sections { source: "model" takes { match: "*" } } sections { source: "extra" takes { match: "*" } })")) {
    makers_["model"] = CopyRecipe();
  }

  absl::Status Refusal(const std::map<std::string, std::string>& paths) const {
    return OpenSources(recipe_, {.paths = paths, .makers = makers_}).status();
  }

  TemporaryFolder folder_;
  std::string path_;
  Recipe recipe_;
  std::map<std::string, Recipe> makers_;
};

TEST_F(OpenSourcesTest, ASourceIsGivenOrMadeOfThoseOfItsMaker) {
  auto sources = OpenSources(recipe_, {.paths = {{"model", path_}, {"extra", path_}}, .makers = makers_});
  ASSERT_TRUE(sources.ok()) << sources.status();
  ASSERT_EQ(sources->size(), 2);
  EXPECT_EQ((*sources)[0].id, "model");
  EXPECT_NE((*sources)[0].checkpoint, nullptr);
  EXPECT_EQ((*sources)[1].id, "extra");

  sources = OpenSources(recipe_, {.paths = {{"m", path_}, {"extra", path_}}, .makers = makers_});
  ASSERT_TRUE(sources.ok()) << sources.status();
  EXPECT_EQ((*sources)[0].id, "model");
  ASSERT_NE((*sources)[0].plan, nullptr);
  EXPECT_EQ((*sources)[0].plan->outputs.size(), 1);
}

TEST_F(OpenSourcesTest, ARefusalSaysWhatTheRecipeWants) {
  const auto wants =
      AllOf(HasSubstr("recipe two wants model=PATH (the model), extra=PATH (the rest)"), HasSubstr("in the place of model= m=PATH (any)"));
  for (const auto& [paths, word] :
       {std::pair<std::map<std::string, std::string>, std::string>{{{"model", path_}}, "extra=PATH is missing"},
        {{{"extra", path_}}, "model=PATH is missing"},
        {{{"model", path_}, {"extra", path_}, {"other", path_}}, "other=" + path_ + ": no source has that name"}}) {
    const absl::Status refusal = Refusal(paths);
    EXPECT_TRUE(absl::IsInvalidArgument(refusal)) << refusal;
    EXPECT_THAT(refusal.message(), AllOf(HasSubstr(word), wants));
  }
  EXPECT_THAT(Refusal({{"model", path_}, {"m", path_}, {"extra", path_}}).message(), HasSubstr("one makes the other"));
  const absl::Status missing = Refusal({{"model", folder_.PathOf("none")}, {"extra", path_}});
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(missing.message(), HasSubstr("model: "));
}

TEST_F(OpenSourcesTest, AFileHasItsOriginFromTheGivenReceiptsIfTheyAreOfThatSize) {
  Receipt receipt;
  receipt.set_uri("hf://o/m@x/m.safetensors");
  receipt.set_sha256(std::string(64, 'a'));
  for (const bool is_of_that_size : {true, false}) {
    receipt.set_size(static_cast<int64_t>(std::filesystem::file_size(path_)) + (is_of_that_size ? 0 : 1));
    ASSERT_TRUE(WriteReceipt(folder_.PathOf("receipts"), path_, receipt).ok());
    for (const std::string& receipts : {folder_.PathOf("receipts"), std::string()}) {
      const auto sources = OpenSources(CopyRecipe(), {.paths = {{"m", path_}}, .receipts = receipts});
      ASSERT_TRUE(sources.ok()) << sources.status();
      const CheckpointFile& file = sources->front().checkpoint->files.front();
      ASSERT_EQ(file.origin.has_value(), is_of_that_size && !receipts.empty());
      if (file.origin.has_value()) {
        EXPECT_EQ(file.origin->uri, receipt.uri());
      }
    }
  }
}

}  // namespace
}  // namespace weighbridge
