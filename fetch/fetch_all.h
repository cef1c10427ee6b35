#ifndef WEIGHBRIDGE_FETCH_FETCH_ALL_H_
#define WEIGHBRIDGE_FETCH_FETCH_ALL_H_

#include <cstddef>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fetch/fetch_file.h"
#include "fetch/fetch_options.h"
#include "fetch/resolve.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// ResourceExhausted, with both numbers, when what is missing of the tasks does not fit onto the disks where it will lie.
absl::Status CheckSpace(const WeightsLock& lock, const std::vector<FileTask>& tasks, const FetchOptions& options);

// Fetches all files of a resolved lock, several at a time, and writes into the lock what was learned: sizes, SHA-256, chunks, the address
// that served. Of files with the same SHA-256 one is fetched, and the others are copies of it. Calls `on_result` for each task in their
// order. A file that fails does not keep the others from being fetched, unless the disk is full or the user stopped; returns the first
// failure.
absl::Status FetchAll(WeightsLock& lock, const std::vector<FileTask>& tasks, const FetchOptions& options,
                      const std::function<void(size_t task, const absl::StatusOr<FetchedFile>&)>& on_result);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_FETCH_ALL_H_
