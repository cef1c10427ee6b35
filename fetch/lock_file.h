#ifndef WEIGHBRIDGE_FETCH_LOCK_FILE_H_
#define WEIGHBRIDGE_FETCH_LOCK_FILE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/file_hasher.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// The name of the lock that a fetch leaves in the folder of what it fetched.
inline constexpr char kLockName[] = "weights.lock";

// Parses and checks a lock: known addresses, hashes that are hashes, paths that stay below their folder. InvalidArgument, naming `origin`.
absl::StatusOr<WeightsLock> ParseWeightsLock(absl::string_view text, absl::string_view origin);

// The lock in the file at `path`. NotFound, Unavailable; InvalidArgument as above.
absl::StatusOr<WeightsLock> ReadWeightsLock(const std::string& path);

// Replaces the file at `path`, in one step.
absl::Status WriteWeightsLock(const WeightsLock& lock, const std::string& path);

// "SOURCE'S FOLDER/PATH": where a file lies below the folder of the lock.
std::string PathOf(const WeightsSource& source, const LockedFile& file);

Hashes HashesOf(const LockedFile& file);

// Where a file came from, by the nearest weights.lock in its folder or one above it.
struct LockedOrigin {
  std::string uri;
  std::string revision;  // The commit; empty where there is no such thing.
  std::string sha256;    // What the lock says the bytes are: an origin counts only for a file that has them.
};
// Nothing when no lock names the file; fails as ReadWeightsLock when there is a lock that cannot be read.
absl::StatusOr<std::optional<LockedOrigin>> FindOrigin(const std::string& path);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_LOCK_FILE_H_
