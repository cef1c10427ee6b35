#include "convert/consolidation.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "convert/choose_format.h"
#include "convert/convert_testing.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/recipe.pb.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;

class ConsolidationTest : public testing::Test {
 protected:
  // A checkpoint of one tensor whose config.json names an architecture, or nothing.
  PlanSource Model(const std::string& tensor, const std::string& architecture) const {
    const std::string name = absl::StrCat(tensor, architecture);
    folder_.Write(name + "/model.safetensors", TensorsFile({{tensor, {1}}}));
    if (!architecture.empty()) folder_.Write(name + "/config.json", absl::StrCat(R"({"architectures": [")", architecture, R"("]})"));
    return SourceAt("model", folder_.PathOf(name));
  }

  TemporaryFolder folder_;
};

TEST_F(ConsolidationTest, ARecipeIsChosenOnlyForWhatItIsMadeForAndSaysWhy) {
  const auto llama = ChooseConsolidation(*SourceAt("model", "testdata/tiny/vicuna").checkpoint, "", std::nullopt);
  ASSERT_TRUE(llama.ok()) << llama.status();
  EXPECT_EQ(llama->recipe_name, "llama_consolidated");
  EXPECT_EQ(llama->recipe.name(), "llama_consolidated");
  EXPECT_EQ(llama->reason, "config.json names LlamaForCausalLM");
  EXPECT_FALSE(llama->is_copy);

  const struct {
    const char* tensor;
    const char* architecture;
    const char* reason;
  } cases[] = {
      {"a", "", "no config.json names an architecture"},
      {"a", "MistralForCausalLM", "no embedded recipe is for MistralForCausalLM"},
      {"quantized", "LlamaForCausalLM", "llama_consolidated, for LlamaForCausalLM, has no rule for \"quantized\""},
  };
  for (const auto& [tensor, architecture, reason] : cases) {
    const auto copy = ChooseConsolidation(*Model(tensor, architecture).checkpoint, "", std::nullopt);
    ASSERT_TRUE(copy.ok()) << copy.status();
    EXPECT_TRUE(copy->is_copy);
    EXPECT_EQ(copy->recipe_name, "none");
    EXPECT_EQ(copy->reason, reason);
  }
}

TEST_F(ConsolidationTest, TheUsersRecipeCounts) {
  const PlanSource llama = SourceAt("model", "testdata/tiny/vicuna");
  const auto none = ChooseConsolidation(*llama.checkpoint, "none", std::nullopt);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->is_copy);
  EXPECT_EQ(none->reason, "as --recipe says");
  EXPECT_TRUE(absl::IsNotFound(ChooseConsolidation(*llama.checkpoint, "no such recipe", std::nullopt).status()));
}

TEST_F(ConsolidationTest, FloatsAreCastInEverySectionButNot8BitOnes) {
  const PlanSource model = Model("a", "");
  const auto half = ChooseConsolidation(*model.checkpoint, "", DType::kFloat16);
  ASSERT_TRUE(half.ok()) << half.status();
  for (const Recipe::Section& section : half->recipe.sections()) EXPECT_EQ(section.cast().dtype(), "float16");

  const std::string header = R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})";
  const uint64_t size = header.size();
  const std::string path =
      folder_.Write("f8.safetensors", absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&size), sizeof(size)), header, "x"));
  const PlanSource scaled = SourceAt("model", path);
  EXPECT_TRUE(ChooseConsolidation(*scaled.checkpoint, "", std::nullopt).ok());
  const absl::Status refusal = ChooseConsolidation(*scaled.checkpoint, "", DType::kFloat16).status();
  EXPECT_TRUE(absl::IsUnimplemented(refusal));
  EXPECT_THAT(refusal.message(), HasSubstr("float8_e4m3fn"));
}

TEST_F(ConsolidationTest, WithoutAWordTheContainerIsThatOfTheNameOrOfTheModelBeside) {
  EXPECT_EQ(FormatByName("out/model.safetensors"), WeightsFormat::kSafetensors);
  EXPECT_EQ(FormatByName("model_state.pdparams"), WeightsFormat::kPdparams);
  EXPECT_EQ(FormatByName("anything else"), WeightsFormat::kTorch);
  EXPECT_EQ(*FormatLike(*Model("a", "").checkpoint), WeightsFormat::kSafetensors);
  EXPECT_EQ(*FormatLike(*SourceAt("m", "testdata/tiny/llama").checkpoint), WeightsFormat::kTorch);
  EXPECT_EQ(*FormatLike(Checkpoint()), WeightsFormat::kTorch);
}

}  // namespace
}  // namespace weighbridge
