#include "fetch/download/rate_limiter.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fetch/retry.h"

namespace weighbridge {

void RateLimiter::Spend(int64_t count, const std::atomic<bool>& stop) {
  if (bytes_per_second_ == 0) return;
  absl::Duration wait;
  {
    const std::lock_guard lock(mutex_);
    const absl::Time now = absl::Now();
    free_at_ = std::max(free_at_, now) + absl::Seconds(static_cast<double>(count) / static_cast<double>(bytes_per_second_));
    wait = free_at_ - now;
  }
  SleepUnless(wait, stop);
}

}  // namespace weighbridge
