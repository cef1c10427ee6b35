#ifndef WEIGHBRIDGE_FETCH_FETCH_BYTES_H_
#define WEIGHBRIDGE_FETCH_FETCH_BYTES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/disk/placement.h"
#include "fetch/fetch_options.h"
#include "fetch/resolve.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// DataLoss, with both values, when the bytes that were measured are not those of the task: size, a hash, or content that the lock refuses.
absl::Status CheckIsWanted(const FileTask& task, const LockedFile& locked, const MeasuredFile& found);

struct FetchedBytes {
  std::string from;  // The address that they came from; the task's own unless a mirror had to help.
  MeasuredFile measured;
  int64_t received = 0;  // Bytes that came from the source now.
  bool mended = false;   // The others are those that were usable.
};

// Fetches the file of a task from its address, or from a mirror where that cannot give it, and names it `placement.path` when size and
// hashes are right. Wrong bytes are fetched once more; what is wrong again is kept aside as TARGET.bad, unless something stands there. The
// caller holds placement.lock. `usable`, where it is given, are the ranges of what stands at the target that are right already.
// NotFound: offline and not on this machine. Otherwise fails as CheckIsWanted, Download and Transport do; FailedPrecondition also when a
// page or a pointer came that stands in for the file.
absl::StatusOr<FetchedBytes> FetchBytes(const FileTask& task, const LockedFile& locked, const Placement& placement,
                                        const std::optional<std::vector<ByteRange>>& usable, const FetchOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_FETCH_BYTES_H_
