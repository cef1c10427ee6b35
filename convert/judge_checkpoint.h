#ifndef WEIGHBRIDGE_CONVERT_JUDGE_CHECKPOINT_H_
#define WEIGHBRIDGE_CONVERT_JUDGE_CHECKPOINT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "convert/open_sources.h"
#include "convert/resources.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

struct JudgeRequest {
  std::string checkpoint;  // Its path; whoever wrote it.
  Recipe recipe;
  SourceOptions sources;
  std::string tolerance = "exact";  // This and the next as JudgeOptions has them.
  bool plan_tolerances = true;
  std::string match = "";  // An RE2: only tensors are judged whose names it matches in part, and no file is digested; empty for all.
  std::vector<std::string> will_be_written = {};  // Paths of files that are written later; none may be one that is read.
  Resources resources = {};
};

// A judgement, or why the checkpoint cannot be read, which is an answer too: no.
struct CheckpointJudgement {
  std::optional<Manifest> manifest;
  std::string damage;  // Where there is no manifest.
};

// Judges a checkpoint against sources by a recipe. InvalidArgument when `match` is not an RE2, and when there is nothing to judge:
// no tensor of a matching name, or no tensor at all; FailedPrecondition when a file that is read would be overwritten later; otherwise
// fails as OpenSources, Compile, OpenCheckpoint and Judge do.
absl::StatusOr<CheckpointJudgement> JudgeCheckpoint(const JudgeRequest& request);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_JUDGE_CHECKPOINT_H_
