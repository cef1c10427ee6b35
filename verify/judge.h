#ifndef WEIGHBRIDGE_VERIFY_JUDGE_H_
#define WEIGHBRIDGE_VERIFY_JUDGE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "proto/manifest.pb.h"
#include "verify/compare/concerns_merged.h"  // IWYU pragma: export

namespace weighbridge {

struct JudgeOptions {
  int threads = 1;                      // At least 1; fewer are used when `memory` has less than 8 MiB for each.
  int64_t memory = int64_t{512} << 20;  // Bytes of buffers, over all threads together, whatever the size of the largest tensor.
  // In ParseTolerance's form. Where the plan has a tolerance for a tensor, that one counts instead.
  std::string tolerance = "exact";
  // False where the recipe is not the judge's own; then `tolerance` counts for every tensor.
  bool plan_tolerances = true;
  // Where set, only tensors whose names it accepts are judged, and no file is digested: a quick look, whose manifest is good for its
  // findings only.
  std::function<bool(absl::string_view)> match = nullptr;
  // Called from any thread, one call at a time, with the number of bytes read since the last call. JudgeBytes gives the total.
  std::function<void(int64_t)> on_progress = nullptr;
  // Set from outside to stop early; Judge then fails as Cancelled.
  const std::atomic<bool>* stop = nullptr;
};

// Compares `merged`, whoever wrote it, with what the plan's expressions say, by verify's own arithmetic: names, order, dtypes, shapes, then
// every bit, then, where bits differ, against the tolerance. Digests every file of every source and of `merged`, and checks what checksums
// they carry. Returns the manifest, which says yes or no (verdict) and per tensor what was found; a difference is a result, not an error.
// Deterministic: the same bytes for any threads and memory.
//
// Fails only when the question cannot be answered: DataLoss, Unavailable of a *source*; Aborted when a source or `merged` changed
// meanwhile; Cancelled; ResourceExhausted (options.memory below MinimumJudgeMemory); InvalidArgument (a tolerance, a `match` that no name
// matches); as Sha256. A file of `merged` that cannot be read any more is DataLoss with its name, and ConcernsMerged: the answer is no. A
// checkpoint that holds more than it lists is FailedPrecondition.
absl::StatusOr<Manifest> Judge(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options);

// The least options.memory with which Judge works, whatever the number of threads.
int64_t MinimumJudgeMemory();

// How many bytes Judge reports in all: those of every file and of what lies between tensors, of every range that a container checksums in
// decoded form, of every tensor of `merged` and of every dropped one. What it reads of the sources to evaluate expressions is not counted.
int64_t JudgeBytes(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_JUDGE_H_
