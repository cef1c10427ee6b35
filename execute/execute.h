#ifndef WEIGHBRIDGE_EXECUTE_EXECUTE_H_
#define WEIGHBRIDGE_EXECUTE_EXECUTE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "expr/plan.h"
#include "formats/bytes/output_file.h"
#include "formats/layout.h"

// From expressions to bytes; README.md follows one tensor on its way: normal form, boxes, loops, bands, tiles.

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

// A file and what it is to hold: slot k of `layout` gets the elements of plan.outputs[first_output + k].
struct FileToWrite {
  const Layout* layout = nullptr;
  size_t first_output = 0;
  OutputFile* file = nullptr;
};

// Writes every literal, fills every slot, and then every checksum of the layouts. `files` cover the plan's outputs, each once, in order.
// The bytes do not depend on the options. Before a byte is written: ResourceExhausted when options.memory is below
// MinimumMemory(options.threads), and Unimplemented, naming it, for an output that Normalize (normal_form.h) cannot do. Later, naming the
// output tensor and the stored one, fails as ReadAt and WriteAt do; DataLoss also when a checksummed range that one tensor covers and that
// was read in full has another CRC-32; Aborted when a source is no longer what it was when it was opened.
absl::Status Execute(const Plan& plan, absl::Span<const FileToWrite> files, const ExecuteOptions& options);

// The least budget with which Execute works on that many threads: some 2 MiB each.
int64_t MinimumMemory(int threads);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_EXECUTE_H_
