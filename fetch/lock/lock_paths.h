#ifndef WEIGHBRIDGE_FETCH_LOCK_LOCK_PATHS_H_
#define WEIGHBRIDGE_FETCH_LOCK_LOCK_PATHS_H_

#include <string>

#include "absl/status/statusor.h"
#include "base/relative_path.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// "SOURCE'S FOLDER/PATH", for messages and as a key.
std::string PathOf(const WeightsSource& source, const LockedFile& file);

// Where a file lies below the folder of the lock. Fails as ParseTargetPath does.
absl::StatusOr<RelativePath> TargetOf(const WeightsSource& source, const LockedFile& file);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_LOCK_LOCK_PATHS_H_
