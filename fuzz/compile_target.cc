#include "fuzz/compile_target.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipe/compile_options.h"
#include "recipes/recipes.h"

namespace weighbridge {
namespace {

constexpr RecipeLimits kLimits = {.outputs = 1000,
                                  .modules = 1000,
                                  .name_bytes = int64_t{4} << 10,
                                  .parameter_bytes = int64_t{1} << 20,
                                  .names_bytes = int64_t{1} << 20,
                                  .operations = 10'000,
                                  .work = 20'000'000};

// Pieces of a tokenizer: <unk>, <s>, </s> and z, by protobuf's wire format.
constexpr absl::string_view kTokenizer(
    "\n\x09\n\x05<unk>\x18\x02"
    "\n\x05\n\x03<s>"
    "\n\x06\n\x04</s>"
    "\n\x03\n\x01z");

constexpr absl::string_view kConfig =
    R"({"num_hidden_layers": 2, "hidden_size": 6, "torch_dtype": "float16", "tie_word_embeddings": false})";

absl::StatusOr<Checkpoint> MakeCheckpoint(const std::string& path, int64_t rows, DType dtype) {
  Checkpoint checkpoint;
  checkpoint.path = path;
  checkpoint.format = "torch_zip";
  checkpoint.facts = {
      {"num_hidden_layers", int64_t{2}}, {"hidden_size", int64_t{6}}, {"torch_dtype", "float16"}, {"tie_word_embeddings", false}};
  std::vector<std::pair<std::string, Shape>> tensors = {{"model.embed_tokens.weight", {rows, 6}}};
  for (const char* layer : {"model.layers.0", "model.layers.1"}) {
    tensors.emplace_back(absl::StrCat(layer, ".self_attn.q_proj.weight"), Shape{6, 6});
    tensors.emplace_back(absl::StrCat(layer, ".input_layernorm.weight"), Shape{6});
  }
  tensors.emplace_back("model.norm.weight", Shape{6});
  tensors.emplace_back("lm_head.weight", Shape{rows, 6});
  for (const auto& [name, shape] : tensors) {
    const TensorSpec spec = {dtype, shape};
    ASSIGN_OR_RETURN(const int64_t size, ByteSize(spec));
    ASSIGN_OR_RETURN(StoredTensor stored, StoredTensor::CreateRowMajor(spec, MakeMemorySource(path, std::string(size, '\0')), 0));
    RETURN_IF_ERROR(checkpoint.Add({name, std::move(stored), ""}));
  }
  using Role = CheckpointFile::Role;
  checkpoint.files = {{Role::kConfig, path + "/config.json", MakeMemorySource("config.json", std::string(kConfig))},
                      {Role::kTokenizer, path + "/tokenizer.model", MakeMemorySource("tokenizer.model", std::string(kTokenizer))}};
  return checkpoint;
}

// The model and its delta, made once.
const std::array<std::shared_ptr<const Checkpoint>, 2>& Checkpoints() {
  static const auto* checkpoints = new std::array<std::shared_ptr<const Checkpoint>, 2>{
      std::make_shared<const Checkpoint>(MakeCheckpoint("model", 4, DType::kFloat16).value()),
      std::make_shared<const Checkpoint>(MakeCheckpoint("delta", 5, DType::kFloat32).value())};
  return *checkpoints;
}

// All that a plan says.
absl::StatusOr<std::string> Describe(const Plan& plan) {
  std::string text = plan.recipe.SerializeAsString();
  for (const PlannedTensor& output : plan.outputs) {
    absl::StrAppend(&text, output.name, " ", output.tensor_name, " ", ToString(output.expr->spec()), " = ", ToString(*output.expr), "\n");
  }
  for (const DroppedTensor& dropped : plan.dropped) absl::StrAppend(&text, dropped.source, "/", dropped.name, ": ", dropped.reason, "\n");
  for (const Companion& file : plan.companions) {
    ASSIGN_OR_RETURN(const std::string bytes, ReadAll(*file.bytes, file.bytes->size()));
    absl::StrAppend(&text, file.name, ": ", bytes, "\n");
  }
  for (const auto& module : plan.module_versions.value_or(ModuleVersions()))
    absl::StrAppend(&text, module.module, " ", module.version, "\n");
  return absl::StrCat(text, plan.used, " used");
}

}  // namespace

absl::StatusOr<std::string> FuzzCompile(const std::string& bytes) {
  ASSIGN_OR_RETURN(const Recipe recipe, ParseRecipe(bytes, "input"));
  std::vector<PlanSource> sources;
  for (const Recipe::Source& source : recipe.sources()) {
    sources.push_back({.id = source.id(), .checkpoint = Checkpoints()[sources.size() % Checkpoints().size()]});
  }
  ASSIGN_OR_RETURN(const Plan plan, Compile(recipe, sources, {.limits = kLimits}));
  return Describe(plan);
}

}  // namespace weighbridge
