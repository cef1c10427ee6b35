// Checkpoints that look like those that the recipes are made for and are others, and LLaMAs of every kind, by names and shapes alone.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"

namespace weighbridge {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Shapes = std::vector<std::pair<std::string, Shape>>;

PlanSource MakeSource(const std::string& id, const Shapes& shapes, Facts facts = {}) {
  Checkpoint checkpoint;
  checkpoint.path = id;
  checkpoint.facts = std::move(facts);
  for (const auto& [name, shape] : shapes) {
    const TensorSpec spec = {DType::kFloat16, shape};
    const ByteSourcePtr bytes = MakeMemorySource(name, std::string(*ByteSize(spec), '\0'));
    EXPECT_TRUE(checkpoint.Add({name, *StoredTensor::CreateRowMajor(spec, bytes, 0), ""}).ok());
  }
  return {.id = id, .checkpoint = std::make_shared<const Checkpoint>(std::move(checkpoint))};
}

absl::StatusOr<Plan> CompileNamed(const std::string& recipe, const std::vector<PlanSource>& sources) {
  absl::StatusOr<Recipe> loaded = LoadRecipe(recipe);
  if (!loaded.ok()) return loaded.status();
  return Compile(*loaded, sources);
}

// Of hidden size 12, with heads of their own size.
struct Llama {
  int64_t heads = 6;
  int64_t key_heads = 6;
  int64_t head_size = 2;
  std::vector<std::string> biased = {};  // Modules of a layer.
  bool has_rotary = false;
  bool has_head = true;
};

Shapes ShapesOf(const Llama& llama) {
  const int64_t queries = llama.heads * llama.head_size;
  const int64_t keys = llama.key_heads * llama.head_size;
  const std::map<std::string, Shape> linears = {{"self_attn.q_proj", {queries, 12}},
                                                {"self_attn.k_proj", {keys, 12}},
                                                {"self_attn.v_proj", {keys, 12}},
                                                {"self_attn.o_proj", {12, queries}},
                                                {"mlp.gate_proj", {20, 12}},
                                                {"mlp.down_proj", {12, 20}},
                                                {"mlp.up_proj", {20, 12}}};
  Shapes shapes = {{"model.embed_tokens.weight", {7, 12}}};
  for (const char* layer : {"model.layers.0.", "model.layers.1."}) {
    for (const auto& [module, shape] : linears) shapes.emplace_back(absl::StrCat(layer, module, ".weight"), shape);
    for (const std::string& module : llama.biased) shapes.emplace_back(absl::StrCat(layer, module, ".bias"), Shape{linears.at(module)[0]});
    if (llama.has_rotary) shapes.emplace_back(absl::StrCat(layer, "self_attn.rotary_emb.inv_freq"), Shape{llama.head_size / 2});
    shapes.emplace_back(absl::StrCat(layer, "input_layernorm.weight"), Shape{12});
    shapes.emplace_back(absl::StrCat(layer, "post_attention_layernorm.weight"), Shape{12});
  }
  shapes.emplace_back("model.norm.weight", Shape{12});
  if (llama.has_head) shapes.emplace_back("lm_head.weight", Shape{7, 12});
  return shapes;
}

Facts LlamaFacts(Facts more = {}) {
  more.merge(Facts{{"vocab_size", int64_t{7}},
                   {"hidden_size", int64_t{12}},
                   {"intermediate_size", int64_t{20}},
                   {"num_hidden_layers", int64_t{2}},
                   {"num_attention_heads", int64_t{6}}});
  return more;
}

const std::vector<std::string> kAttention = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"};
const std::vector<std::string> kMlp = {"mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"};

TEST(LlamaVariantsTest, EveryKindIsConsolidatedWhole) {
  const struct {
    const char* what;
    Llama llama;
    Facts facts;
  } cases[] = {
      {"the plain one", {}, {}},
      {"as many heads for keys", {}, {{"num_key_value_heads", int64_t{6}}}},
      {"grouped heads", {.key_heads = 2}, {{"num_key_value_heads", int64_t{2}}}},
      {"one head for keys", {.key_heads = 1}, {{"num_key_value_heads", int64_t{1}}, {"head_dim", int64_t{2}}}},
      {"larger heads", {.key_heads = 3, .head_size = 8}, {{"num_key_value_heads", int64_t{3}}, {"head_dim", int64_t{8}}}},
      {"larger heads and rotary buffers", {.head_size = 8, .has_rotary = true}, {{"head_dim", int64_t{8}}}},
      {"rotary buffers", {.has_rotary = true}, {}},
      {"biased attention", {.key_heads = 2, .biased = kAttention}, {{"num_key_value_heads", int64_t{2}}, {"attention_bias", true}}},
      {"biased MLP", {.biased = kMlp}, {{"mlp_bias", true}}},
      {"tied and stored all the same", {}, {{"tie_word_embeddings", true}}},
  };
  for (const auto& c : cases) {
    const Shapes shapes = ShapesOf(c.llama);
    const auto plan = CompileNamed("llama_consolidated", {MakeSource("model", shapes, LlamaFacts(c.facts))});
    ASSERT_TRUE(plan.ok()) << c.what << ": " << plan.status();
    EXPECT_EQ(plan->outputs.size(), shapes.size()) << c.what;
    std::map<std::string, Shape> outputs;
    for (const PlannedTensor& output : plan->outputs) outputs.emplace(output.name, output.expr->spec().shape);
    EXPECT_EQ(outputs, (std::map<std::string, Shape>(shapes.begin(), shapes.end()))) << c.what;
    EXPECT_EQ(plan->outputs.back().name, "lm_head.weight") << c.what;
  }
}

TEST(LlamaVariantsTest, ATiedHeadIsTheEmbedding) {
  for (const auto& [recipe, id] : {std::pair{"llama_consolidated", "model"}, std::pair{"llama", "llama"}}) {
    const Shapes shapes = ShapesOf({.has_head = false});
    const auto plan = CompileNamed(recipe, {MakeSource(id, shapes, LlamaFacts({{"tie_word_embeddings", true}}))});
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(plan->outputs.back().name, "lm_head.weight");
    EXPECT_THAT(ToString(*plan->outputs.back().expr), HasSubstr("model.embed_tokens.weight"));
    const absl::Status untied = CompileNamed(recipe, {MakeSource(id, shapes, LlamaFacts({{"tie_word_embeddings", false}}))}).status();
    EXPECT_THAT(untied.message(), AllOf(HasSubstr("\"lm_head.weight\" is missing"), HasSubstr("tie_word_embeddings")));
  }
}

TEST(LlamaVariantsTest, PaddlesLlamaHasGroupedHeadsButNeitherBiasesNorHeadsOfAnotherSize) {
  const auto paddle = [](const Llama& llama, const Facts& facts) {
    return CompileNamed("llama", {MakeSource("llama", ShapesOf(llama), LlamaFacts(facts))});
  };
  const auto grouped = paddle({.key_heads = 2}, {{"num_key_value_heads", int64_t{2}}});
  ASSERT_TRUE(grouped.ok()) << grouped.status();
  for (const PlannedTensor& output : grouped->outputs) {
    const bool is_key = absl::StrContains(output.name, "k_proj");
    EXPECT_TRUE(!is_key || output.expr->spec().shape == (Shape{12, 4})) << output.name;
  }
  EXPECT_THAT(paddle({.biased = kAttention}, {{"attention_bias", true}}).status().message(),
              AllOf(HasSubstr("self_attn.q_proj.bias"), HasSubstr("no biases")));
  EXPECT_THAT(paddle({.head_size = 8}, {{"head_dim", int64_t{8}}}).status().message(),
              AllOf(HasSubstr("q_proj"), HasSubstr("[48, 12]"), HasSubstr("whatever head_dim says")));
}

TEST(LlamaVariantsTest, AConfigOfAnotherModelIsRefused) {
  const struct {
    Llama llama;
    Facts facts;
    std::vector<const char*> words;
  } cases[] = {
      {{.key_heads = 2}, {}, {"k_proj", "[4, 12]", "[12, 12]"}},
      {{}, {{"num_key_value_heads", int64_t{2}}}, {"k_proj", "[12, 12]", "[4, 12]"}},
      {{.head_size = 8}, {}, {"q_proj", "[48, 12]", "[12, 12]"}},
      {{}, {{"vocab_size", int64_t{8}}}, {"embed_tokens", "[7, 12]", "[8, 12]", "do not belong together"}},
      {{}, {{"num_hidden_layers", int64_t{1}}}, {"model.layers.1.", "neither used nor dropped"}},
      {{}, {{"num_hidden_layers", int64_t{3}}}, {"model.layers.2.self_attn.q_proj.weight", "fewer layers"}},
      {{}, {{"num_attention_heads", int64_t{5}}}, {"12 / 5 is not a whole number"}},
      {{}, {{"num_attention_heads", int64_t{0}}}, {"12 / 0 is not a whole number"}},
  };
  for (const auto& c : cases) {
    const absl::Status status = CompileNamed("llama_consolidated", {MakeSource("model", ShapesOf(c.llama), LlamaFacts(c.facts))}).status();
    EXPECT_FALSE(status.ok()) << c.words[0];
    for (const char* word : c.words) EXPECT_THAT(status.message(), HasSubstr(word));
  }
}

// MiniGPT-4's two recipes over a BLIP-2 with queries of width 8 and the LLaMA above.
class MiniGpt4VariantsTest : public testing::TestWithParam<std::string> {
 protected:
  static Shapes Trained() {
    return {{"model.Qformer.bert.embeddings.position_ids", {1, 5}},
            {"model.llama_model.model.layers.0.self_attn.rotary_emb.inv_freq", {1}},
            {"model.llama_model.model.layers.1.self_attn.rotary_emb.inv_freq", {1}},
            {"model.llama_proj.weight", {12, 8}},
            {"model.llama_proj.bias", {12}},
            {"optimizer.state.0.step", {}},
            {"scaler.scale", {}}};
  }

  static absl::StatusOr<Plan> Merge(const Shapes& minigpt4, Shapes more_of_blip2 = {}) {
    Shapes blip2 = {{"query_tokens", {1, 4, 8}}, {"vision_model.w", {2, 2}}, {"qformer.w", {2, 2}}, {"language_model.t5.w", {2, 2}}};
    blip2.insert(blip2.end(), more_of_blip2.begin(), more_of_blip2.end());
    return CompileNamed(GetParam(),
                        {MakeSource("blip2", blip2), MakeSource("vicuna", ShapesOf({}), LlamaFacts()), MakeSource("minigpt4", minigpt4)});
  }

  // What a trained checkpoint with one tensor more, or of another shape, is refused with.
  static std::string Refused(const std::string& name, const Shape& shape) {
    Shapes shapes = Trained();
    std::erase_if(shapes, [&](const auto& tensor) { return tensor.first == name; });
    shapes.emplace_back(name, shape);
    const absl::Status status = Merge(shapes).status();
    EXPECT_FALSE(status.ok()) << name;
    EXPECT_THAT(status.message(), HasSubstr(name));
    return std::string(status.message());
  }
};

TEST_P(MiniGpt4VariantsTest, TheTrainersOwnCheckpointPasses) {
  const auto plan = Merge(Trained());
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->outputs.back().name, "language_projection.bias");
}

TEST_P(MiniGpt4VariantsTest, TheProjectionIsAsWideAsTheQFormer) {
  for (const int64_t width : {1, 7, 9, 32, 5632}) {
    EXPECT_THAT(Refused("model.llama_proj.weight", {12, width}),
                AllOf(HasSubstr(absl::StrCat("[12, ", width, "]")), HasSubstr("= [12, 8] by the sources"), HasSubstr("LLaMA-2")));
  }
  EXPECT_THAT(Refused("model.llama_proj.weight", {13, 8}), HasSubstr("[13, 8]"));
  EXPECT_THAT(Refused("model.llama_proj.bias", {13}), HasSubstr("[13]"));
}

TEST_P(MiniGpt4VariantsTest, AProjectionOfAnotherKindIsNone) {
  Shapes shapes = Trained();
  std::erase_if(shapes, [](const auto& tensor) { return tensor.first == "model.llama_proj.weight"; });
  shapes.emplace_back("model.llama_proj.0.weight", Shape{12, 8});
  EXPECT_THAT(Merge(shapes).status().message(), AllOf(HasSubstr("llama_proj.weight"), HasSubstr("no MiniGPT-4 checkpoint")));
}

TEST_P(MiniGpt4VariantsTest, WhatWasTrainedIsNeverDropped) {
  const std::string wrapped = "model.llama_model.base_model.model.model.layers.0.self_attn.";
  for (const std::string& name : {wrapped + "q_proj.lora_A.weight", wrapped + "q_proj.lora_B.weight",
                                  wrapped + "v_proj.lora_A.default.weight", wrapped + "rotary_emb.inv_freq"}) {
    EXPECT_THAT(Refused(name, {2, 2}), HasSubstr("LoRA")) << name;
  }
  EXPECT_THAT(Refused("model.llama_model.model.layers.0.self_attn.q_proj.weight", {12, 12}), HasSubstr("of its own"));
  EXPECT_THAT(Refused("model.Qformer.bert.encoder.layer.0.attention.self.query.weight", {2, 2}), HasSubstr("freeze_qformer"));
  EXPECT_THAT(Refused("model.visual_encoder.blocks.0.attn.qkv.weight", {2, 2}), HasSubstr("freeze_vit"));
  for (const char* name :
       {"model.llama_model.base_model.model.layers.0.lora_B.weight", "model.llama_model.model.layers.0.self_attn.q_proj.lora_B",
        "model.llama_model.base_model.prompt_encoder.default.embedding", "model.llama_proj.lora_B.weight", "model.llama_proj2.weight",
        "model.Qformer.bert.encoder.lora_A", "model.ln_vision.weight", "model.visual_encoder.pos_embed", "model.adapter.weight",
        "model.llama_model.lm_head.lora_B.weight", "model_ema.llama_proj.weight", "llama_proj.weight", "lora_B.weight"}) {
    EXPECT_THAT(Refused(name, {2, 2}), HasSubstr("neither used nor dropped")) << name;
  }
}

TEST_P(MiniGpt4VariantsTest, LoraOfBlip2IsNeverDroppedOrCarriedAlong) {
  for (const char* name :
       {"vision_model.encoder.layers.0.self_attn.qkv.lora_A.default.weight", "qformer.encoder.lora_B", "language_model.lora_B"}) {
    EXPECT_THAT(Merge(Trained(), {{name, {2, 2}}}).status().message(), AllOf(HasSubstr(name), HasSubstr("LoRA"))) << name;
  }
}

TEST(Blip2VariantsTest, LoraIsNeverTakenForAWeight) {
  const absl::Status status =
      CompileNamed("blip2", {MakeSource("blip2", {{"language_model.encoder.block.0.layer.1.DenseReluDense.wi_0.lora_A.weight", {2, 2}}})})
          .status();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("wi_0.lora_A.weight"), HasSubstr("LoRA")));
}

INSTANTIATE_TEST_SUITE_P(Recipes, MiniGpt4VariantsTest, testing::Values("minigpt4", "minigpt4_current"));

}  // namespace
}  // namespace weighbridge
