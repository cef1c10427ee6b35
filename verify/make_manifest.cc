#include "verify/make_manifest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "google/protobuf/text_format.h"
#include "plan/plan.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "verify/digest.h"
#include "verify/finding.h"
#include "verify/match_tensors.h"

namespace weighbridge {
namespace {

constexpr char kSchema[] = "weighbridge.manifest.v1";

File::Role RoleOf(CheckpointFile::Role role) {
  switch (role) {
    case CheckpointFile::Role::kWeights:
      return File::ROLE_WEIGHTS;
    case CheckpointFile::Role::kIndex:
      return File::ROLE_INDEX;
    case CheckpointFile::Role::kConfig:
      return File::ROLE_CONFIG;
    case CheckpointFile::Role::kTokenizer:
      return File::ROLE_TOKENIZER;
  }
  return File::ROLE_UNSPECIFIED;
}

void AddFiles(const Checkpoint& checkpoint, absl::Span<const std::string> sha256, google::protobuf::RepeatedPtrField<File>* files) {
  for (size_t i = 0; i < checkpoint.files.size(); ++i) {
    const CheckpointFile& file = checkpoint.files[i];
    File* described = files->Add();
    described->set_role(RoleOf(file.role));
    described->set_name(file.path.substr(file.path.rfind('/') + 1));
    described->set_size(file.bytes->size());
    described->set_sha256(sha256[i]);
  }
}

RecipeText DescribeRecipe(const Recipe& recipe) {
  RecipeText text;
  text.set_name(recipe.name());
  google::protobuf::TextFormat::PrintToString(recipe, text.mutable_textproto());
  Sha256 sha256;
  sha256.Update(text.textproto());
  text.set_sha256(sha256.Finish());
  return text;
}

// The numbers of the plan's sources, in the recipe's order.
std::vector<size_t> RecipeOrder(const Recipe& recipe, const Plan& plan) {
  const auto place = [&](size_t i) {
    const auto& sources = recipe.sources();
    return std::find_if(sources.begin(), sources.end(), [&](const auto& source) { return source.id() == plan.sources[i].id; }) -
           sources.begin();
  };
  std::vector<size_t> order(plan.sources.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return place(a) < place(b); });
  return order;
}

// Where the container's own tensor names are not those of the recipe's naming rule: one sentence, or nothing.
std::string TensorNameRemark(absl::Span<const JudgedTensor> tensors) {
  int64_t count = 0;
  std::string example;
  for (const JudgedTensor& tensor : tensors) {
    const MatchedTensor& match = tensor.match;
    if (match.planned == nullptr || match.found == nullptr) continue;
    const std::string& planned = match.planned->tensor_name;
    const std::string& found = match.found->tensor_name;
    if (planned.empty() || found.empty() || planned == found) continue;
    if (count++ == 0) example = absl::StrCat("\"", match.found->name, "\" is called \"", found, "\" and not \"", planned, "\"");
  }
  if (count == 0) return "";
  return absl::StrCat(count, count == 1 ? " tensor has" : " tensors have",
                      " another name in the container's name table than the recipe's naming rule gives, which loading ignores: ", example);
}

bool IsExact(const OutputTensor& tensor) {
  return tensor.verdict() == OutputTensor::VERDICT_EXACT;
}

}  // namespace

Manifest MakeManifest(const Plan& plan, const Checkpoint& merged, absl::Span<const std::vector<std::string>> sha256,
                      absl::Span<const JudgedTensor> tensors) {
  Manifest manifest;
  manifest.set_schema(kSchema);
  *manifest.mutable_recipe() = DescribeRecipe(plan.recipe);
  for (size_t i : RecipeOrder(plan.recipe, plan)) {
    const PlanSource& source = plan.sources[i];
    SourceCheckpoint* described = manifest.add_sources();
    described->set_id(source.id);
    described->set_format(source.checkpoint->format);
    AddFiles(*source.checkpoint, sha256[i], described->mutable_files());
    described->set_tensors(static_cast<int64_t>(source.checkpoint->tensors().size()));
  }

  Output& output = *manifest.mutable_output();
  output.set_format(merged.format);
  AddFiles(merged, sha256.back(), output.mutable_files());
  for (const JudgedTensor& tensor : tensors) *output.add_tensors() = ToOutputTensor(tensor);
  if (const std::string remark = TensorNameRemark(tensors); !remark.empty()) output.add_remarks(remark);

  for (const DroppedTensor& tensor : plan.dropped) {
    DroppedSourceTensor* dropped = manifest.add_dropped();
    dropped->set_source(tensor.source);
    dropped->set_name(tensor.name);
    dropped->set_dtype(std::string(DTypeName(tensor.spec.dtype)));
    for (int64_t extent : tensor.spec.shape) dropped->add_shape(extent);
    dropped->set_reason(tensor.reason);
  }
  const auto dropped_count = static_cast<int64_t>(plan.dropped.size());
  manifest.mutable_accounting()->set_source_tensors(plan.used + dropped_count);
  manifest.mutable_accounting()->set_source_tensors_used(plan.used);
  manifest.mutable_accounting()->set_output_tensors(static_cast<int64_t>(plan.outputs.size()));
  const bool exact = std::all_of(output.tensors().begin(), output.tensors().end(), IsExact);
  manifest.set_verdict(exact ? Manifest::VERDICT_EXACT : Manifest::VERDICT_DIFFERS);
  return manifest;
}

}  // namespace weighbridge
