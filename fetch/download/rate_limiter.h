#ifndef WEIGHBRIDGE_FETCH_DOWNLOAD_RATE_LIMITER_H_
#define WEIGHBRIDGE_FETCH_DOWNLOAD_RATE_LIMITER_H_

#include <atomic>
#include <cstdint>
#include <mutex>

#include "absl/time/time.h"

namespace weighbridge {

// Holds all streams together to a number of bytes per second. Thread-safe.
class RateLimiter {
 public:
  // 0 for no limit.
  explicit RateLimiter(int64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  // Waits until `count` bytes more are within the limit; returns early when `stop` was set.
  void Spend(int64_t count, const std::atomic<bool>& stop);

 private:
  const int64_t bytes_per_second_;
  std::mutex mutex_;
  absl::Time free_at_ = absl::InfinitePast();  // When what was spent so far is worked off.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DOWNLOAD_RATE_LIMITER_H_
