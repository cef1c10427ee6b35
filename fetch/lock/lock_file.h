#ifndef WEIGHBRIDGE_FETCH_LOCK_LOCK_FILE_H_
#define WEIGHBRIDGE_FETCH_LOCK_LOCK_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/disk/file_hasher.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// Parses a lock and checks it as CheckWeightsLock does. InvalidArgument, naming `origin`; ResourceExhausted: more than 64 MiB.
absl::StatusOr<WeightsLock> ParseWeightsLock(absl::string_view text, absl::string_view origin);

// The lock in the file at `path`. Fails as ReadSmallFile does, or as above.
absl::StatusOr<WeightsLock> ReadWeightsLock(const std::string& path);

// Replaces the file at `path`, in one step, after the text has been read back: what is written is a lock. Queries of addresses, which may
// be secrets, stay behind. Fails as ParseWeightsLock and WriteFileAtomically do.
absl::Status WriteWeightsLock(const WeightsLock& lock, const std::string& path);

Hashes HashesOf(const LockedFile& file);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_LOCK_LOCK_FILE_H_
