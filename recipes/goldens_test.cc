// The embedded recipes over the golden sets: what the real pipeline made of the same files, stage by stage. Values are computed by the
// definition of each operation, so this is about recipes and the compiler alone.

#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "expr/expr.h"
#include "expr/expr_testing.h"
#include "expr/operation.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "recipe/compile.h"
#include "recipe/compile_options.h"
#include "recipes/recipes.h"

namespace weighbridge {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

const ParameterValues kReferencePadding = {{"pad_rows", "reference"}};

std::string ReadText(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string Sha256(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

PlanSource Open(const std::string& id, const std::string& path) {
  absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  return {.id = id, .checkpoint = std::make_shared<const Checkpoint>(*std::move(checkpoint))};
}

absl::StatusOr<Plan> CompileNamed(const std::string& recipe, const std::vector<PlanSource>& sources,
                                  const ParameterValues& parameters = {}) {
  absl::StatusOr<Recipe> loaded = LoadRecipe(recipe);
  if (!loaded.ok()) return loaded.status();
  return Compile(*loaded, sources, {.parameters = parameters});
}

// "NAME float16 [2, 3] SHA-256", in order.
std::vector<std::string> Tensors(const Plan& plan) {
  std::vector<std::string> tensors;
  for (const PlannedTensor& output : plan.outputs) {
    tensors.push_back(absl::StrCat(output.name, " ", ToString(output.expr->spec()), " ", Sha256(NaiveBytes(*output.expr))));
  }
  return tensors;
}

std::vector<std::string> Tensors(const Json& file) {
  std::vector<std::string> tensors;
  for (const Json& tensor : file.at("tensors")) {
    tensors.push_back(absl::StrCat(tensor.at("name").get<std::string>(), " ", tensor.at("dtype").get<std::string>(), " ",
                                   ShapeToString(tensor.at("shape").get<Shape>()), " ", tensor.at("sha256").get<std::string>()));
  }
  return tensors;
}

// Sets that the repository carries, and those of WEIGHBRIDGE_SHARED. Paths are relative to the set's folder, as they were when it was made:
// the base's path stands in config.json.
class GoldensTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::filesystem::path set = std::filesystem::absolute("testdata") / GetParam();
    if (GetParam() != "tiny" && GetParam() != "small") {
      const char* shared = std::getenv("WEIGHBRIDGE_SHARED");
      if (shared == nullptr || !std::filesystem::is_directory(shared)) GTEST_SKIP() << "WEIGHBRIDGE_SHARED names no folder";
      set = std::filesystem::path(shared) / "golden" / GetParam();
    }
    start_ = std::filesystem::current_path();
    std::filesystem::current_path(set);
    expected_ = Json::parse(ReadText("expected.json")).at("files");
  }

  void TearDown() override {
    if (!start_.empty()) std::filesystem::current_path(start_);
  }

  // FastChat goes on where the base knows [PAD] already.
  bool IsTrap() const { return GetParam() == "padtrap"; }

  absl::StatusOr<Plan> MakeVicuna() const {
    return CompileNamed("vicuna_delta", {Open("base", "llama"), Open("delta", "delta")}, IsTrap() ? kReferencePadding : ParameterValues());
  }

  std::filesystem::path start_;
  Json expected_;
};

TEST_P(GoldensTest, VicunaDeltaGivesWhatFastChatDoes) {
  const absl::StatusOr<Plan> plan = MakeVicuna();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(Tensors(*plan), Tensors(expected_.at("vicuna/pytorch_model.bin")));
  EXPECT_TRUE(plan->dropped.empty());
  EXPECT_FALSE(plan->module_versions.has_value());
  std::map<std::string, std::string> files;
  for (const auto& [name, file] : expected_.items()) {
    if (absl::StartsWith(name, "vicuna/") && !file.contains("tensors")) files.emplace(name.substr(7), file.at("sha256"));
  }
  std::map<std::string, std::string> companions;
  for (const Companion& file : plan->companions) companions.emplace(file.name, Sha256(ReadAll(*file.bytes, 1 << 20).value()));
  EXPECT_EQ(companions, files);
}

TEST_P(GoldensTest, VicunaDeltaRefusesABaseThatKnowsThePadToken) {
  if (!IsTrap()) GTEST_SKIP() << "this base does not";
  const absl::Status status = CompileNamed("vicuna_delta", {Open("base", "llama"), Open("delta", "delta")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  for (const char* words : {"llama", "[PAD]", "--pad_rows=0", "--pad_rows=reference"}) EXPECT_THAT(status.message(), HasSubstr(words));
}

// The source without the tensors and files whose names contain the text.
PlanSource Without(const PlanSource& source, absl::string_view text) {
  Checkpoint without = *source.checkpoint;
  std::erase_if(without.files, [&](const CheckpointFile& file) { return absl::StrContains(file.path, text); });
  Checkpoint kept;
  for (const CheckpointTensor& tensor : without.tensors()) {
    EXPECT_TRUE(absl::StrContains(tensor.name, text) || kept.Add(tensor).ok());
  }
  kept.path = without.path;
  kept.facts = without.facts;
  kept.files = without.files;
  return {.id = source.id, .checkpoint = std::make_shared<const Checkpoint>(std::move(kept))};
}

TEST_P(GoldensTest, AGenerationConfigIsMadeAsTransformersMadeThisOne) {
  const auto plan =
      CompileNamed("vicuna_delta", {Without(Open("base", "llama"), "generation_config"), Open("delta", "delta")}, kReferencePadding);
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_GE(plan->companions.size(), 2u);
  EXPECT_EQ(ReadAll(*plan->companions[1].bytes, 1 << 20).value(), ReadText("llama/generation_config.json"));
}

TEST_P(GoldensTest, VicunaDeltaKnowsTheMistakesOfItsUsers) {
  if (GetParam() != "tiny") GTEST_SKIP() << "one set is enough";
  const PlanSource base = Open("base", "llama");
  const PlanSource delta = Open("delta", "delta");
  // LLaMA's own weights have the rows of a delta v1.1.
  const PlanSource delta_v1_1 = Open("delta", "llama");
  EXPECT_TRUE(CompileNamed("vicuna_delta", {base, delta_v1_1}, {{"pad_rows", "0"}}).ok());
  const auto v1_1 = CompileNamed("vicuna_delta_v1_1", {base, delta_v1_1});
  ASSERT_TRUE(v1_1.ok()) << v1_1.status();
  EXPECT_EQ(v1_1->companions.back().bytes->name(), "llama/special_tokens_map.json") << "the tokenizer is the base's";
  EXPECT_EQ(std::get<int64_t>(v1_1->facts.at("vocab_size")), 320);
  const auto newer = CompileNamed("vicuna_delta", {Without(base, "inv_freq"), Without(delta, "inv_freq")});
  ASSERT_TRUE(newer.ok()) << newer.status();
  EXPECT_EQ(newer->outputs.size(), 21u);
  const struct {
    const char* recipe;
    PlanSource base;
    PlanSource delta;
    std::vector<const char*> words;
  } cases[] = {
      {"vicuna_delta", base, delta_v1_1, {"embed_tokens", "[320, 64]", "[321, 64]", "--pad_rows=0", "vicuna_delta_v1_1"}},
      {"vicuna_delta_v1_1", base, delta, {"embed_tokens", "[321, 64]", "vicuna_delta takes"}},
      {"vicuna_delta", Without(base, "tokenizer.model"), delta, {"tokenizer.model", "--pad_rows=1"}},
      {"vicuna_delta", Without(base, "inv_freq"), delta, {"delta", "inv_freq", "neither used nor dropped"}},
      {"vicuna_delta", base, Without(delta, "inv_freq"), {"delta", "inv_freq", "missing"}},
      {"vicuna_delta", base, Without(delta, "layers.1"), {"layers.1.self_attn.q_proj", "fewer layers"}},
      {"vicuna_delta", Without(base, "layers.1"), delta, {"layers.1.self_attn.q_proj", "shard"}},
      {"vicuna_delta", base, Without(delta, "lm_head"), {"lm_head", "missing"}},
  };
  for (const auto& c : cases) {
    const absl::Status status = CompileNamed(c.recipe, {c.base, c.delta}).status();
    EXPECT_FALSE(status.ok()) << c.words[0];
    for (const char* word : c.words) EXPECT_THAT(status.message(), HasSubstr(word));
  }
}

TEST_P(GoldensTest, LlamaConsolidatedGivesWhatTorchSaves) {
  const auto plan = CompileNamed("llama_consolidated", {Open("model", "vicuna")});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(Tensors(*plan), Tensors(expected_.at("vicuna_consolidated/pytorch_model.bin")));
  EXPECT_EQ(plan->module_versions, OpenCheckpoint("vicuna_consolidated").value().module_versions);
  const auto config = Json::parse(ReadAll(*plan->companions.at(0).bytes, 1 << 20).value());
  EXPECT_EQ(config, Json::parse(ReadText("vicuna_consolidated/config.json")));
}

TEST_P(GoldensTest, LlamaGivesWhatPaddleNLPConverts) {
  const auto plan = CompileNamed("llama", {Open("llama", "vicuna_consolidated")});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(Tensors(*plan), Tensors(expected_.at("vicuna_converted/model_state.pdparams")));
}

class FusedTest : public GoldensTest {
 protected:
  absl::StatusOr<Plan> Fuse(const std::string& recipe) const {
    absl::StatusOr<Plan> vicuna = MakeVicuna();
    if (!vicuna.ok()) return vicuna.status();
    return CompileNamed(recipe, {Open("blip2", "blip2"),
                                 {.id = "vicuna", .plan = std::make_shared<const Plan>(*std::move(vicuna))},
                                 Open("minigpt4", "prerained_minigpt4.pth")});
  }
};

TEST_P(FusedTest, MiniGpt4FromBaseAndDeltaIsWhatTheThreeStagesGive) {
  const auto plan = Fuse("minigpt4");
  ASSERT_TRUE(plan.ok()) << plan.status();
  const Json& merged = expected_.at("merged/model_state.pdparams");
  EXPECT_EQ(Tensors(*plan), Tensors(merged));
  std::map<std::string, std::string> names;
  for (const PlannedTensor& output : plan->outputs) names.emplace(output.name, output.tensor_name);
  EXPECT_EQ(names, (merged.at("name_table").get<std::map<std::string, std::string>>()));
  std::vector<std::string> ids;
  int64_t tensors = 0;
  for (const PlanSource& source : plan->sources) {
    ids.push_back(source.id);
    tensors += static_cast<int64_t>(source.checkpoint->tensors().size());
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"blip2", "base", "delta", "minigpt4"}));
  EXPECT_EQ(plan->used + static_cast<int64_t>(plan->dropped.size()), tensors);
  ASSERT_EQ(plan->made_sources.size(), 1u);
  EXPECT_EQ(plan->made_sources[0].recipe.name(), LoadRecipe("minigpt4")->sources(1).made_by());
}

TEST_P(FusedTest, MiniGpt4CurrentHasTheSameTensorsInAnotherOrderAndNoRotaryOnes) {
  const auto plan = Fuse("minigpt4_current");
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::vector<std::string> expected;
  for (const std::string& tensor : Tensors(expected_.at("merged/model_state.pdparams"))) {
    if (absl::StrContains(tensor, "rotary_emb")) continue;
    // gate, down, up becomes gate, up, down.
    const bool is_up = absl::StrContains(tensor, ".mlp.up_proj.");
    expected.insert(is_up ? expected.end() - 1 : expected.end(), tensor);
  }
  EXPECT_EQ(Tensors(*plan), expected);
}

// The goldens hold BLIP-2 as PaddleNLP has it. Its names and shapes before the conversion follow from Paddle's own names: linear_8.w_0 is
// the weight of a Linear layer, and no other kind is called so.
TEST_P(GoldensTest, Blip2IsTransposedWherePaddleHasLinearLayers) {
  const Checkpoint paddle = OpenCheckpoint("blip2").value();
  if (paddle.tensors()[0].tensor_name.empty()) GTEST_SKIP() << "this BLIP-2 has no tensor names";
  Checkpoint torch;
  std::map<std::string, bool> is_linear;
  std::vector<CheckpointTensor> expected;
  for (const CheckpointTensor& tensor : paddle.tensors()) {
    // Planted in the set `cast`: no model has them.
    if (tensor.name == "vision_model.logit_scale" || tensor.name == "qformer.embeddings.position_ids") continue;
    expected.push_back(tensor);
    const bool linear = absl::StartsWith(tensor.tensor_name, "linear_") && absl::EndsWith(tensor.tensor_name, ".w_0");
    is_linear[tensor.name] = linear;
    TensorSpec spec = tensor.tensor.spec();
    if (linear) std::swap(spec.shape.at(0), spec.shape.at(1));
    const ByteSourcePtr zeros = MakeMemorySource("torch", std::string(ByteSize(spec).value(), '\0'));
    ASSERT_TRUE(torch
                    .Add({absl::StrReplaceAll(tensor.name, {{"language_model.t5.", "language_model."}}),
                          StoredTensor::CreateRowMajor(spec, zeros, 0).value(), ""})
                    .ok());
  }
  const auto plan = CompileNamed("blip2", {{.id = "blip2", .checkpoint = std::make_shared<const Checkpoint>(std::move(torch))}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->outputs.size(), expected.size());
  for (size_t k = 0; k < plan->outputs.size(); ++k) {
    const PlannedTensor& output = plan->outputs[k];
    EXPECT_EQ(output.name, expected[k].name);
    EXPECT_EQ(output.expr->spec(), expected[k].tensor.spec()) << output.name;
    EXPECT_EQ(output.expr->As<op::Permute>() != nullptr, is_linear[output.name]) << output.name;
  }
}

const auto kSets = testing::Values("tiny", "small", "cast", "wide", "padtrap");
const auto kSetName = [](const testing::TestParamInfo<std::string>& info) { return info.param; };
INSTANTIATE_TEST_SUITE_P(Sets, GoldensTest, kSets, kSetName);
INSTANTIATE_TEST_SUITE_P(Sets, FusedTest, kSets, kSetName);

}  // namespace
}  // namespace weighbridge
