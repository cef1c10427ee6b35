#ifndef WEIGHBRIDGE_FETCH_CHECK_H_
#define WEIGHBRIDGE_FETCH_CHECK_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// One respect in which a folder is not what its lock says; kUnverified alone is not damage: nobody knows a hash.
struct CheckFinding {
  enum class Kind { kMissing, kExtra, kDamaged, kUnverified };
  Kind kind = Kind::kMissing;
  std::string path;                // Below the folder.
  std::string detail;              // One sentence; empty when the kind says it all.
  std::vector<ByteRange> damaged;  // Where, if chunk hashes tell.
};

struct CheckOptions {
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;  // Never null.
  std::function<void(int64_t)> on_bytes;    // Told of every piece that is read; from any thread.
};

// Compares a folder with its lock by reading every file, without any network; changes nothing. Findings by path. Cancelled.
absl::StatusOr<std::vector<CheckFinding>> CheckFolder(const WeightsLock& lock, const std::string& folder, const CheckOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_CHECK_H_
