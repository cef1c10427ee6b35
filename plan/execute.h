#ifndef WEIGHBRIDGE_PLAN_EXECUTE_H_
#define WEIGHBRIDGE_PLAN_EXECUTE_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "formats/bytes/output_file.h"
#include "formats/layout.h"
#include "plan/plan.h"

namespace weighbridge {

struct ExecuteOptions {
  int threads = 1;  // At least 1.
  // Bytes of buffers, over all threads together, whatever the size of the largest tensor; and what ReadRegion takes on each thread where
  // the elements of a stored tensor do not follow each other.
  int64_t memory = int64_t{512} << 20;
  // Called from any thread, one call at a time, with output bytes written since the last call.
  std::function<void(int64_t)> on_progress;
  // Set from outside to stop early; Cancelled then.
  const std::atomic<bool>* stop = nullptr;
};

// Writes every literal of `layout` and fills slot k with the elements of plan.outputs[k]. The file's bytes do not depend on the options.
// Fails, naming the output tensor and the stored one, as ReadAt and WriteAt do; DataLoss also when a checksummed range that one
// tensor covers and that was read in full has another CRC-32; Aborted when a source is no longer what it was when it was opened.
// ResourceExhausted when options.memory is below MinimumMemory(options.threads).
absl::Status Execute(const Plan& plan, const Layout& layout, const ExecuteOptions& options, OutputFile& file);

// The least budget with which Execute works on that many threads: some 2 MiB each.
int64_t MinimumMemory(int threads);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_PLAN_EXECUTE_H_
