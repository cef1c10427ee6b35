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
  int threads = 1;                      // At least 1; fewer are used when `memory` does not reach for 8 MiB each.
  int64_t memory = int64_t{512} << 20;  // Bytes of buffers, over all threads together, whatever the size of the largest tensor.
  // As ParseTolerance reads it; of a tensor for which the plan has a tolerance of its own, that one counts.
  std::string tolerance = "exact";
  // False where the recipe is not the judge's own: `tolerance` counts for every tensor then.
  bool plan_tolerances = true;
  // Only tensors with such names are judged, and no file is digested: a quick look, whose manifest is good for its findings only. All
  // when empty.
  std::function<bool(absl::string_view)> match = nullptr;
  // Called from any thread, one call at a time, with bytes read since the last call. JudgeBytes says how many come in all.
  std::function<void(int64_t)> on_progress = nullptr;
  // Set from outside to stop early; Cancelled then.
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

// The least budget with which Judge works, on however many threads.
int64_t MinimumJudgeMemory();

// How many bytes Judge reports: those of every file and of what lies between tensors, every range that a container checksums in decoded
// form, every tensor of `merged` and every dropped one. What it reads of the sources to evaluate expressions comes with the tensors.
int64_t JudgeBytes(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_JUDGE_H_
