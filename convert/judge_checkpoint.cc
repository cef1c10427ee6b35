#include "convert/judge_checkpoint.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "convert/check_not_read.h"
#include "convert/open_sources.h"
#include "convert/resources.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "proto/manifest.pb.h"
#include "re2/re2.h"
#include "recipe/compile.h"
#include "verify/judge.h"

namespace weighbridge {
namespace {

CheckpointJudgement Damaged(const absl::Status& status) {
  return {.manifest = std::nullopt, .damage = std::string(status.message())};
}

absl::Status AboutMatch(const JudgeRequest& request, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("--match=", request.match, ": ", what));
}

}  // namespace

absl::StatusOr<CheckpointJudgement> JudgeCheckpoint(const JudgeRequest& request) {
  const RE2 match(request.match, RE2::Quiet);
  if (!match.ok()) return AboutMatch(request, match.error());
  ASSIGN_OR_RETURN(std::vector<PlanSource> sources, OpenSources(request.recipe, request.sources));
  // First of all: who is told that it cannot be judged, or of damage, may remove what stood where he was to write.
  for (const std::string& path : request.will_be_written) {
    RETURN_IF_ERROR(CheckIsNotRead(path, sources));
  }
  ASSIGN_OR_RETURN(const Plan plan, Compile(request.recipe, sources, request.sources.compile));
  absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(request.checkpoint);
  if (absl::IsDataLoss(checkpoint.status())) return Damaged(checkpoint.status());
  if (!checkpoint.ok()) return checkpoint.status();
  for (const std::string& path : request.will_be_written) {
    RETURN_IF_ERROR(CheckIsNotRead(path, "the merged checkpoint", *checkpoint));
  }
  JudgeOptions options{.threads = request.resources.threads,
                       .memory = request.resources.memory,
                       .tolerance = request.tolerance,
                       .plan_tolerances = request.plan_tolerances,
                       .stop = request.resources.stop};
  if (!request.match.empty()) {
    options.match = [&match](absl::string_view name) { return RE2::PartialMatch(re2::StringPiece(name.data(), name.size()), match); };
  }
  ProgressStep step(request.resources.progress, "verifying", JudgeBytes(plan, *checkpoint, options));
  options.on_progress = [&](int64_t bytes) { step.Add(bytes); };
  absl::StatusOr<Manifest> manifest = Judge(plan, *checkpoint, options);
  if (absl::IsDataLoss(manifest.status()) && ConcernsMerged(manifest.status())) return Damaged(manifest.status());
  if (absl::IsInvalidArgument(manifest.status()) && !request.match.empty()) return AboutMatch(request, manifest.status().message());
  if (!manifest.ok()) return manifest.status();
  if (manifest->output().tensors().empty()) {
    return absl::InvalidArgumentError("there is nothing to judge: the recipe makes no tensor, and the file holds none");
  }
  return CheckpointJudgement{.manifest = *std::move(manifest), .damage = ""};
}

}  // namespace weighbridge
