#include "fuzz/target.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fuzz/checkpoint_targets.h"
#include "fuzz/compile_target.h"
#include "fuzz/expression_targets.h"
#include "fuzz/fetch_targets.h"
#include "fuzz/manifest_targets.h"
#include "fuzz/message_targets.h"
#include "fuzz/part_targets.h"

namespace weighbridge {
namespace {

using Code = absl::StatusCode;

const std::vector<FuzzTarget>& Targets() {
  const std::vector<Code> of_readers = {Code::kDataLoss, Code::kUnimplemented, Code::kResourceExhausted, Code::kPermissionDenied,
                                        Code::kFailedPrecondition};
  const std::vector<Code> of_json = {Code::kDataLoss, Code::kResourceExhausted};
  const std::vector<Code> of_tokenizers = {Code::kDataLoss, Code::kUnimplemented, Code::kResourceExhausted};
  const std::vector<Code> of_compiler = {Code::kInvalidArgument, Code::kNotFound, Code::kFailedPrecondition, Code::kUnimplemented,
                                         Code::kResourceExhausted};
  static const auto* targets = new std::vector<FuzzTarget>{
      {"weights", FuzzWeights, of_readers},
      {"torch_zip", FuzzTorchZip, of_readers},
      {"torch_legacy", FuzzTorchLegacy, of_readers},
      {"torch_tar", FuzzTorchTar, of_readers},
      {"pickle", FuzzPickle, of_readers},
      {"paddle", FuzzPaddle, of_readers},
      {"lod_tensors", FuzzLodTensors, of_readers},
      {"variable_names", FuzzVariableNames, of_readers},
      {"npy", FuzzNpy, of_readers},
      {"npz", FuzzNpz, of_readers},
      {"safetensors", FuzzSafetensors, of_readers},
      {"shard_index", FuzzShardIndex, of_json},
      {"config", FuzzConfig, of_json},
      {"tokenizer_model", FuzzTokenizerModel, of_tokenizers},
      {"added_tokens", FuzzAddedTokens, of_tokenizers},
      {"special_tokens", FuzzSpecialTokens, of_tokenizers},
      {"normal_form", FuzzNormalForm, {Code::kUnimplemented}},
      {"recipe", FuzzRecipe, {Code::kInvalidArgument, Code::kResourceExhausted}},
      {"compile", FuzzCompile, of_compiler},
      {"manifest", FuzzManifest, {Code::kDataLoss, Code::kUnimplemented}},
      {"report", FuzzReport, {Code::kDataLoss, Code::kUnimplemented}},
      {"audit", FuzzAudit, {Code::kDataLoss, Code::kUnimplemented, Code::kFailedPrecondition, Code::kResourceExhausted}},
      {"weights_lock", FuzzWeightsLock, {Code::kInvalidArgument}},
      {"http_head", FuzzHttpHead, {Code::kFailedPrecondition}},
      {"hub_listing", FuzzHubListing, of_json},
      {"drive_page", FuzzDrivePage, {Code::kFailedPrecondition, Code::kPermissionDenied}},
  };
  return *targets;
}

}  // namespace

absl::Span<const FuzzTarget> AllFuzzTargets() {
  return Targets();
}

const FuzzTarget* FindFuzzTarget(absl::string_view name) {
  const auto target = std::find_if(Targets().begin(), Targets().end(), [&](const FuzzTarget& it) { return it.name == name; });
  return target == Targets().end() ? nullptr : &*target;
}

std::string Complaint(const FuzzTarget& target, const absl::Status& answer) {
  if (answer.ok()) return "";
  if (std::find(target.refusals.begin(), target.refusals.end(), answer.code()) == target.refusals.end()) {
    return absl::StrCat(target.name, " must not answer ", answer.ToString());
  }
  if (answer.message().empty()) return absl::StrCat(target.name, " does not say why: ", answer.ToString());
  return "";
}

}  // namespace weighbridge
