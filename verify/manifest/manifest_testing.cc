#include "verify/manifest/manifest_testing.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/manifest.pb.h"
#include "verify/digest/digest.h"
#include "verify/manifest/content_root.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

using Extents = std::vector<int64_t>;

// Any digest will do.
std::string DigestOf(absl::string_view text) {
  return *Sha256Of(text);
}

void SetRecipe(const std::string& name, const std::string& textproto, RecipeText* recipe) {
  recipe->set_name(name);
  recipe->set_textproto(textproto);
  recipe->set_sha256(DigestOf(textproto));
}

void AddFile(File::Role role, const std::string& name, int64_t size, File* file) {
  file->set_role(role);
  file->set_name(name);
  file->set_size(size);
  file->set_sha256(DigestOf(name));
}

// A source of which `used` and `dropped` bytes are in so many tensors.
void AddSource(const std::string& id, const std::string& format, int64_t tensors, int64_t bytes, Manifest* manifest) {
  SourceCheckpoint* source = manifest->add_sources();
  source->set_id(id);
  source->set_format(format);
  source->set_tensors(tensors);
  AddFile(File::ROLE_WEIGHTS, id + "-00001-of-00002.bin", bytes / 2 + 4711, source->add_files());
  AddFile(File::ROLE_WEIGHTS, id + "-00002-of-00002.bin", bytes - bytes / 2 + 815, source->add_files());
  AddFile(File::ROLE_CONFIG, "config.json", 566, source->add_files());
  SourceAccounting* accounting = manifest->mutable_accounting()->add_sources();
  accounting->set_id(id);
  accounting->set_tensors(tensors);
  accounting->set_tensors_used(tensors);
  accounting->set_bytes(bytes);
  accounting->set_bytes_used(bytes);
}

OutputTensor* AddOutput(const std::string& name, const Extents& shape, const std::string& expression, Manifest* manifest) {
  OutputTensor* tensor = manifest->mutable_output()->add_tensors();
  tensor->set_name(name);
  tensor->set_dtype("float16");
  for (const int64_t extent : shape) tensor->add_shape(extent);
  tensor->set_expression(expression);
  tensor->set_content_xxh3(DigestOf(name).substr(0, 16));
  tensor->set_content_sha256(DigestOf(name));
  tensor->set_verdict(OutputTensor::VERDICT_EXACT);
  tensor->mutable_values()->set_min(-0.4375);
  tensor->mutable_values()->set_max(0.515625);
  tensor->mutable_values()->set_mean(0.001953125);
  tensor->mutable_values()->set_l2(11.25);
  return tensor;
}

void AddLayers(Manifest* manifest) {
  for (int i = 0; i < 8; ++i) {
    const std::string layer = absl::StrCat("layers.", i, ".");
    for (const absl::string_view matrix : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"}) {
      const std::string source = absl::StrCat("model.", layer, matrix, ".weight");
      OutputTensor* tensor =
          AddOutput(absl::StrCat("language_model.llama.", layer, matrix, ".weight"), {4096, 4096},
                    absl::StrCat("transpose(add(cast(base/", source, ", float16), cast(delta/", source, ", float16)))"), manifest);
      tensor->mutable_losses()->set_changed(1'204'113 + i);
      tensor->mutable_losses()->set_flushed_to_zero(matrix == "self_attn.k_proj" && i == 3 ? 17 : 0);
    }
    AddOutput(absl::StrCat("language_model.llama.", layer, "input_layernorm.weight"), {4096},
              absl::StrCat("add(base/model.", layer, "input_layernorm.weight, delta/model.", layer, "input_layernorm.weight)"), manifest);
  }
}

void AddOutputs(Manifest* manifest) {
  for (int i = 0; i < 12; ++i) {
    const std::string name = absl::StrCat("vision_model.encoder.layers.", i, ".self_attn.qkv.weight");
    AddOutput(name, {1408, 4224}, "blip2/" + name, manifest);
    AddOutput(absl::StrCat("qformer.encoder.layers.", i, ".output.dense.bias"), {768},
              absl::StrCat("blip2/qformer.encoder.layers.", i, ".output.dense.bias"), manifest);
  }
  AddLayers(manifest);
  AddOutput("language_model.lm_head.weight", {4096, 32001}, "transpose(add(pad(base/lm_head.weight, [32001, 4096]), delta/lm_head.weight))",
            manifest);
  AddOutput("query_tokens", {1, 32, 768}, "blip2/query_tokens", manifest);
  AddOutput("language_projection.weight", {768, 4096}, "transpose(minigpt4/llama_proj.weight)", manifest);
  AddOutput("language_projection.bias", {4096}, "minigpt4/llama_proj.bias", manifest);
}

void AddDropped(const std::string& source, const std::string& name, const Extents& shape, const std::string& reason, Manifest* manifest) {
  DroppedSourceTensor* tensor = manifest->add_dropped();
  tensor->set_source(source);
  tensor->set_name(name);
  tensor->set_dtype("float16");
  for (const int64_t extent : shape) tensor->add_shape(extent);
  tensor->set_reason(reason);
  tensor->set_content_xxh3(DigestOf(name).substr(0, 16));
  const int64_t bytes = ByteSizeOf(*tensor);
  for (SourceAccounting& accounting : *manifest->mutable_accounting()->mutable_sources()) {
    if (accounting.id() != source) continue;
    accounting.set_tensors(accounting.tensors() + 1);
    accounting.set_tensors_dropped(accounting.tensors_dropped() + 1);
    accounting.set_bytes(accounting.bytes() + bytes);
    accounting.set_bytes_dropped(accounting.bytes_dropped() + bytes);
  }
  for (SourceCheckpoint& checkpoint : *manifest->mutable_sources()) {
    if (checkpoint.id() == source) checkpoint.set_tensors(checkpoint.tensors() + 1);
  }
}

void AddTotals(Manifest* manifest) {
  Accounting* total = manifest->mutable_accounting();
  for (const SourceAccounting& source : total->sources()) {
    total->set_source_tensors(total->source_tensors() + source.tensors());
    total->set_source_tensors_used(total->source_tensors_used() + source.tensors_used());
    total->set_source_bytes(total->source_bytes() + source.bytes());
    total->set_source_bytes_used(total->source_bytes_used() + source.bytes_used());
    total->set_source_bytes_dropped(total->source_bytes_dropped() + source.bytes_dropped());
  }
  total->set_output_tensors(manifest->output().tensors_size());
  for (const OutputTensor& tensor : manifest->output().tensors()) {
    total->set_output_bytes(total->output_bytes() + ByteSizeOf(tensor));
  }
}

// Tensors one after the other behind a header, in the one file, and the digest over them.
void LayOut(Manifest* manifest) {
  constexpr int64_t kHeader = 9'120;
  Output* output = manifest->mutable_output();
  int64_t end = kHeader;
  for (OutputTensor& tensor : *output->mutable_tensors()) {
    if (tensor.verdict() == OutputTensor::VERDICT_MISSING) continue;
    tensor.set_file(0);
    tensor.set_offset(end);
    end += ByteSizeOf(tensor);
  }
  File* file = output->mutable_files(0);
  file->set_size(end);
  file->clear_container();
  ContainerRange* header = file->add_container();
  header->set_size(kHeader);
  header->set_xxh3(DigestOf("header").substr(0, 16));
  output->set_content_root(*ContentRoot(*output));
}

OutputTensor* Find(absl::string_view name, Manifest* manifest) {
  for (OutputTensor& tensor : *manifest->mutable_output()->mutable_tensors()) {
    if (tensor.name() == name) return &tensor;
  }
  return nullptr;
}

OutputTensor* SetVerdict(absl::string_view name, OutputTensor::Verdict verdict, const std::string& finding, Manifest* manifest) {
  OutputTensor* tensor = Find(name, manifest);
  tensor->set_verdict(verdict);
  tensor->set_finding(finding);
  return tensor;
}

void SetPair(const Extents& index, absl::string_view actual, absl::string_view expected, ElementPair* pair) {
  pair->clear_index();
  for (const int64_t i : index) pair->add_index(i);
  pair->set_actual(std::string(actual));
  pair->set_expected(std::string(expected));
  pair->set_actual_bits("0x3555");
  pair->set_expected_bits("0x3554");
}

// Errors of `worst` at most, distances spread as in `histogram`.
void SetErrors(double worst, std::initializer_list<int64_t> histogram, int64_t beyond, OutputTensor* tensor) {
  ErrorStatistics* errors = tensor->mutable_errors();
  for (const int64_t count : histogram) {
    errors->add_ulp_histogram(count);
    errors->set_elements(errors->elements() + count);
  }
  errors->set_differing(errors->elements() - errors->ulp_histogram(0));
  while (errors->ulp_histogram_size() < 23) errors->add_ulp_histogram(0);
  errors->set_beyond_tolerance(beyond);
  errors->set_max_absolute(worst);
  errors->set_mean_absolute(worst / 812);
  errors->set_mean_signed(-worst / 90210);
  errors->set_max_relative(worst * 7);
  errors->set_mean_relative(worst / 211);
  SetPair({0, 3}, "0.33325", "0.333", errors->mutable_first());
  SetPair({1032, 77}, "-0.2178", "-0.2181", errors->mutable_worst());
}

}  // namespace

Manifest ExactManifest() {
  Manifest manifest;
  manifest.set_schema("weighbridge.manifest.v1");
  SetRecipe(
      "minigpt4",
      "name: \"minigpt4\"\nsources { id: \"blip2\" }\nsources { id: \"vicuna\" made_by: \"vicuna_delta\" }\nsources { id: \"minigpt4\" }\n",
      manifest.mutable_recipe());
  SourceRecipe* made = manifest.add_made_sources();
  made->set_id("vicuna");
  SetRecipe("vicuna_delta", "name: \"vicuna_delta\"\nsources { id: \"base\" needs_config: true }\nsources { id: \"delta\" }\n",
            made->mutable_recipe());
  AddSource("blip2", "pdparams", 25, 142'804'992, &manifest);
  AddSource("base", "torch_zip", 41, 1'336'003'584, &manifest);
  AddSource("delta", "torch_zip", 41, 1'336'011'776, &manifest);
  AddSource("minigpt4", "torch_zip", 2, 6'299'648, &manifest);
  Origin* origin = manifest.mutable_sources(2)->mutable_files(0)->mutable_origin();
  origin->set_uri("hf://lmsys/vicuna-7b-delta-v0/pytorch_model-00001-of-00002.bin");
  origin->set_revision("b2a4ee6a2b3f5f1bf1d1a3f8b4e0c4d1a0b5d1ff");
  AddOutputs(&manifest);
  for (int i = 0; i < 6; ++i) {
    AddDropped("blip2", absl::StrCat("language_model.encoder.block.", i, ".layer.0.SelfAttention.q.weight"), {4096, 4096},
               "BLIP-2's own language model (T5), which Vicuna replaces", &manifest);
    AddDropped("base", absl::StrCat("model.layers.", i, ".self_attn.rotary_emb.inv_freq"), {64}, "a buffer, no parameter", &manifest);
  }
  AddTotals(&manifest);
  manifest.mutable_output()->set_format("pdparams");
  AddFile(File::ROLE_WEIGHTS, "model_state.pdparams", 0, manifest.mutable_output()->add_files());
  LayOut(&manifest);
  manifest.set_tolerance("exact");
  manifest.set_verdict(Manifest::VERDICT_EXACT);
  return manifest;
}

Manifest MixedManifest() {
  Manifest manifest = ExactManifest();
  manifest.set_verdict(Manifest::VERDICT_DIFFERS);
  manifest.set_tolerance("torch");
  manifest.mutable_output()->add_remarks("2 tensors have another name in the container's name table than the recipe's naming rule gives.");
  const std::string layers = "language_model.llama.layers.";
  SetErrors(0.000244140625, {16'711'219, 61'000, 4'800, 197}, 0,
            SetVerdict(layers + "0.self_attn.q_proj.weight", OutputTensor::VERDICT_WITHIN_TOLERANCE,
                       "element [0, 3] is 0.33325 (0x3555) and should be 0.333 (0x3554); 65,997 of 16,777,216 elements differ", &manifest));
  SetErrors(0.00048828125, {16'700'000, 70'000, 6'900, 316}, 0,
            SetVerdict(layers + "1.self_attn.q_proj.weight", OutputTensor::VERDICT_WITHIN_TOLERANCE,
                       "element [0, 3] is 0.33325 (0x3555) and should be 0.333 (0x3554); 77,216 of 16,777,216 elements differ", &manifest));
  OutputTensor* differs = SetVerdict(layers + "4.self_attn.k_proj.weight", OutputTensor::VERDICT_DIFFERS,
                                     "element [0, 3] is 0.33325 (0x3555) and should be 0.333 (0x3554); 15,986,112 of 16,777,216 elements "
                                     "differ; it is the transpose of what it should be",
                                     &manifest);
  SetErrors(0.71875,
            {791'104, 12'000, 9'000, 18'000, 36'112, 71'000, 150'000, 290'000, 600'000, 1'100'000, 2'100'000, 3'800'000, 4'400'000,
             3'000'000, 400'000},
            15'240'001, differs);
  OutputTensor* infinite = SetVerdict("qformer.encoder.layers.3.output.dense.bias", OutputTensor::VERDICT_DIFFERS,
                                      "element [77] is inf (0x7c00) and should be 0.0123 (0x224c); 1 of 768 elements differs", &manifest);
  SetErrors(0, {767}, 1, infinite);
  infinite->mutable_errors()->set_elements(768);
  infinite->mutable_errors()->set_differing(1);
  infinite->mutable_values()->set_positive_infinity(1);
  SetPair({77}, "inf", "-0.2181", infinite->mutable_errors()->mutable_first());
  SetPair({77}, "inf", "-0.2181", infinite->mutable_errors()->mutable_worst());
  OutputTensor* missing = SetVerdict(layers + "6.input_layernorm.weight", OutputTensor::VERDICT_MISSING,
                                     "is missing; it should be tensor 58, counted from 0", &manifest);
  missing->clear_content_xxh3();
  missing->clear_content_sha256();
  missing->clear_values();
  missing->clear_file();
  missing->clear_offset();
  SetVerdict("language_projection.bias", OutputTensor::VERDICT_WRONG_DTYPE, "is float32 [4096] and should be float16 [4096]", &manifest);
  SetVerdict("language_projection.weight", OutputTensor::VERDICT_WRONG_SHAPE, "is float16 [4096, 768] and should be float16 [768, 4096]",
             &manifest);
  SetVerdict("query_tokens", OutputTensor::VERDICT_OUT_OF_ORDER, "is tensor 0 of the file and should be tensor 65, counted from 0",
             &manifest);
  AddOutput("language_model.t5.weight", {64}, "", &manifest);
  SetVerdict("language_model.t5.weight", OutputTensor::VERDICT_UNEXPECTED, "is not among the tensors that the recipe makes", &manifest);
  LayOut(&manifest);
  return manifest;
}

}  // namespace weighbridge
