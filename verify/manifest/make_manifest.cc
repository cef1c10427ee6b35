#include "verify/manifest/make_manifest.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "google/protobuf/text_format.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "verify/compare/match_tensors.h"
#include "verify/digest/container_ranges.h"
#include "verify/digest/digest.h"
#include "verify/explain/finding.h"
#include "verify/manifest/content_root.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

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
  for (size_t i = 0; i < sha256.size(); ++i) {
    const CheckpointFile& file = checkpoint.files[i];
    File* described = files->Add();
    described->set_role(RoleOf(file.role));
    described->set_name(file.path.substr(file.path.rfind('/') + 1));
    described->set_size(file.bytes->size());
    described->set_sha256(sha256[i]);
    // What lies there now may be something else than what was fetched.
    if (file.origin.has_value() && file.origin->sha256 == sha256[i]) {
      described->mutable_origin()->set_uri(file.origin->uri);
      described->mutable_origin()->set_revision(file.origin->revision);
    }
  }
}

absl::StatusOr<RecipeText> DescribeRecipe(const Recipe& recipe) {
  RecipeText text;
  text.set_name(recipe.name());
  google::protobuf::TextFormat::PrintToString(recipe, text.mutable_textproto());
  ASSIGN_OR_RETURN(std::string sha256, Sha256Of(text.textproto()));
  text.set_sha256(std::move(sha256));
  return text;
}

// Where the container's own tensor names are not those of the recipe's naming rule: one sentence, or nothing.
std::string TensorNameRemark(const std::deque<JudgedTensor>& tensors) {
  int64_t count = 0;
  std::string example;
  for (const JudgedTensor& tensor : tensors) {
    const MatchedTensor& match = tensor.match;
    if (match.planned == nullptr || match.actual == nullptr) continue;
    const std::string& planned = match.planned->tensor_name;
    const std::string& actual = match.actual->tensor_name;
    if (planned.empty() || actual.empty() || planned == actual) continue;
    if (count++ == 0) example = absl::StrCat("\"", match.actual->name, "\" is called \"", actual, "\" and not \"", planned, "\"");
  }
  if (count == 0) return "";
  return absl::StrCat(count, count == 1 ? " tensor has" : " tensors have",
                      " another name in the container's name table than the recipe's naming rule gives, which loading ignores: ", example);
}

absl::Status DescribeOutput(const Checkpoint& merged, Judgement& judgement, Output& output) {
  output.set_format(merged.format);
  if (!judgement.sha256.empty()) AddFiles(merged, judgement.sha256.back(), output.mutable_files());
  for (size_t i = 0; i < judgement.container.size(); ++i) {
    for (const DigestedRange& range : judgement.container[i]) {
      ContainerRange* described = output.mutable_files(static_cast<int>(i))->add_container();
      described->set_offset(range.range.offset);
      described->set_size(range.range.size);
      described->set_xxh3(range.xxh3);
    }
  }
  for (const std::string& remark : merged.remarks) output.add_remarks(remark);
  if (const std::string remark = TensorNameRemark(judgement.tensors); !remark.empty()) output.add_remarks(remark);
  // One after the other, so that there is not twice what was found of hundreds of thousands.
  const FilePlaces places(merged);
  for (; !judgement.tensors.empty(); judgement.tensors.pop_front()) {
    *output.add_tensors() = ToOutputTensor(judgement.tensors.front(), places);
  }
  ASSIGN_OR_RETURN(std::string root, ContentRoot(output));
  output.set_content_root(std::move(root));
  return absl::OkStatus();
}

DroppedSourceTensor DescribeDropped(const DroppedTensor& tensor) {
  DroppedSourceTensor dropped;
  dropped.set_source(tensor.source);
  dropped.set_name(tensor.name);
  dropped.set_dtype(std::string(DTypeName(tensor.spec.dtype)));
  for (int64_t extent : tensor.spec.shape) dropped.add_shape(extent);
  dropped.set_reason(tensor.reason);
  return dropped;
}

SourceAccounting AccountFor(const PlanSource& source, const Plan& plan) {
  SourceAccounting accounting;
  accounting.set_id(source.id);
  for (const CheckpointTensor& tensor : source.checkpoint->tensors()) {
    accounting.set_tensors(accounting.tensors() + 1);
    accounting.set_bytes(accounting.bytes() + tensor.tensor.byte_size());
  }
  for (const DroppedTensor& tensor : plan.dropped) {
    if (tensor.source != source.id) continue;
    accounting.set_tensors_dropped(accounting.tensors_dropped() + 1);
    accounting.set_bytes_dropped(accounting.bytes_dropped() + ByteSize(tensor.spec).value_or(0));
  }
  accounting.set_tensors_used(accounting.tensors() - accounting.tensors_dropped());
  accounting.set_bytes_used(accounting.bytes() - accounting.bytes_dropped());
  return accounting;
}

void Account(const Plan& plan, Accounting& accounting) {
  accounting.set_source_tensors(plan.used + static_cast<int64_t>(plan.dropped.size()));
  accounting.set_source_tensors_used(plan.used);
  accounting.set_output_tensors(static_cast<int64_t>(plan.outputs.size()));
  for (const PlanSource& planned : plan.sources) {
    SourceAccounting& source = *accounting.add_sources();
    source = AccountFor(planned, plan);
    accounting.set_source_bytes(accounting.source_bytes() + source.bytes());
    accounting.set_source_bytes_used(accounting.source_bytes_used() + source.bytes_used());
    accounting.set_source_bytes_dropped(accounting.source_bytes_dropped() + source.bytes_dropped());
  }
  for (const PlannedTensor& output : plan.outputs) {
    accounting.set_output_bytes(accounting.output_bytes() + ByteSize(output.expr->spec()).value_or(0));
  }
}

}  // namespace

absl::StatusOr<Manifest> MakeManifest(const Plan& plan, const Checkpoint& merged, Judgement judgement) {
  Manifest manifest;
  manifest.set_schema(kManifestSchema);
  ASSIGN_OR_RETURN(RecipeText recipe, DescribeRecipe(plan.recipe));
  *manifest.mutable_recipe() = std::move(recipe);
  for (const MadeSource& made : plan.made_sources) {
    ASSIGN_OR_RETURN(RecipeText maker, DescribeRecipe(made.recipe));
    SourceRecipe* described = manifest.add_made_sources();
    described->set_id(made.id);
    *described->mutable_recipe() = std::move(maker);
  }
  for (size_t i = 0; i < plan.sources.size(); ++i) {
    const PlanSource& source = plan.sources[i];
    SourceCheckpoint* described = manifest.add_sources();
    described->set_id(source.id);
    described->set_format(source.checkpoint->format);
    if (!judgement.sha256.empty()) AddFiles(*source.checkpoint, judgement.sha256[i], described->mutable_files());
    described->set_tensors(static_cast<int64_t>(source.checkpoint->tensors().size()));
  }
  RETURN_IF_ERROR(DescribeOutput(merged, judgement, *manifest.mutable_output()));
  for (size_t i = 0; i < plan.dropped.size(); ++i) {
    DroppedSourceTensor* dropped = manifest.add_dropped();
    *dropped = DescribeDropped(plan.dropped[i]);
    if (!judgement.dropped_xxh3.empty()) dropped->set_content_xxh3(judgement.dropped_xxh3[i]);
  }
  Account(plan, *manifest.mutable_accounting());
  manifest.set_tolerance(judgement.tolerance);
  manifest.set_verdict(VerdictOf(manifest.output()));
  return manifest;
}

}  // namespace weighbridge
