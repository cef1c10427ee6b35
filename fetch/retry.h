#ifndef WEIGHBRIDGE_FETCH_RETRY_H_
#define WEIGHBRIDGE_FETCH_RETRY_H_

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace weighbridge {

// When something that failed with Unavailable is tried again (docs/spec/fetching.md R16).
struct RetryPolicy {
  int tries = 5;                                 // In a row without progress.
  absl::Duration first_wait = absl::Seconds(1);  // Doubles each time, with a quarter of jitter.
  absl::Duration longest_wait = absl::Seconds(30);
  absl::Duration longest_retry_after = absl::Minutes(5);  // What a server may ask for at most.
  std::function<void(const std::string&)> on_wait;        // Told before each wait; from any thread.
};

// Notes in a failure when the server wants to be asked again, and reads it back.
void SetRetryAfter(absl::Status& status, absl::Duration wait);
std::optional<absl::Duration> RetryAfter(const absl::Status& status);

// The wait before try number `failures` + 1.
absl::Duration WaitBefore(const RetryPolicy& policy, int failures, const absl::Status& failure);

// Sleeps; false when `stop` was set meanwhile.
bool SleepUnless(absl::Duration wait, const std::atomic<bool>& stop);

// Calls `attempt` until it succeeds, fails otherwise than with Unavailable, or has failed `tries` times without progress in between;
// returns its last answer. An attempt that made progress says so through its argument. Cancelled when `stop` was set.
absl::Status Retry(const RetryPolicy& policy, const std::atomic<bool>& stop, absl::FunctionRef<absl::Status(bool& progress)> attempt);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_RETRY_H_
