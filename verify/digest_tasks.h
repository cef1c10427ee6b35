#ifndef WEIGHBRIDGE_VERIFY_DIGEST_TASKS_H_
#define WEIGHBRIDGE_VERIFY_DIGEST_TASKS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "base/progress_report.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "verify/manifest/make_manifest.h"
#include "verify/reference/scratch.h"

namespace weighbridge {

// What Judge does beside comparing tensors.

// A part of the work that one thread does.
struct JudgeTask {
  int64_t bytes = 0;  // That it reports.
  std::function<absl::Status(Scratch&)> run;
};

// Digests every file of the plan's sources and of `merged`, checks what checksums they carry, and digests what lies between the tensors of
// `merged` and every dropped tensor. `judgement` gets room for the digests at once; the tasks fill it. Files come first, the largest one
// before all: nothing can share the work of digesting a file. The arguments outlive the tasks; `stop` may be null. A task fails as
// DigestFile, CheckRange and ReadAt do, saying whether a source or the merged checkpoint was read (ConcernsMerged).
std::vector<JudgeTask> DigestTasks(const Plan& plan, const Checkpoint& merged, const std::atomic<bool>* stop, ProgressReport& progress,
                                   Judgement& judgement);

// Aborted when a file of a source or of `merged` is no longer what it was when it was opened.
absl::Status CheckFilesUnchanged(const Plan& plan, const Checkpoint& merged);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_DIGEST_TASKS_H_
