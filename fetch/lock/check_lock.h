#ifndef WEIGHBRIDGE_FETCH_LOCK_CHECK_LOCK_H_
#define WEIGHBRIDGE_FETCH_LOCK_CHECK_LOCK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

inline constexpr char kLockSchema[] = "weighbridge.weights_lock.v1";

// Bounds of what a lock may say, so that no sum overflows: of one file, and of all together.
inline constexpr int64_t kMaxFileBytes = int64_t{1} << 50;
inline constexpr int64_t kMaxLockedBytes = int64_t{1} << 60;

// Every rule for what a lock says, whoever wrote it: InvalidArgument, naming the field. Afterwards paths stay below their folders and none
// is the folder of another, names that are printed in commands are plain words, addresses are addresses, hashes are hashes, and numbers go
// together.
absl::Status CheckWeightsLock(const WeightsLock& lock);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_LOCK_CHECK_LOCK_H_
