#ifndef WEIGHBRIDGE_BASE_PARALLEL_FOR_H_
#define WEIGHBRIDGE_BASE_PARALLEL_FOR_H_

#include <atomic>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace weighbridge {

// Calls work(index, thread) for every index in [0, count), each once, in ascending order of start, on `threads` threads (at least 1; with
// one thread on the caller's), or on fewer when the system refuses them. `thread` is below `threads`, so that each thread can reuse its own
// buffers. After the first failure no new index is started; returns the failure of the lowest index that failed. Work for which there is no
// memory (std::bad_alloc) has failed with ResourceExhausted. Cancelled when `stop` (may be null) was set before all had started and none
// failed.
absl::Status ParallelFor(int64_t count, int threads, const std::atomic<bool>* stop,
                         absl::FunctionRef<absl::Status(int64_t index, int thread)> work);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_PARALLEL_FOR_H_
