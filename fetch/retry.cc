#include "fetch/retry.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kPayload = "weighbridge.retry_after_ms";

}  // namespace

void SetRetryAfter(absl::Status& status, absl::Duration wait) {
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(wait))));
}

std::optional<absl::Duration> RetryAfter(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  int64_t milliseconds = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &milliseconds)) return std::nullopt;
  return absl::Milliseconds(milliseconds);
}

absl::Duration WaitBefore(const RetryPolicy& policy, int failures, const absl::Status& failure) {
  if (const std::optional<absl::Duration> asked = RetryAfter(failure); asked.has_value()) {
    return std::min(*asked, policy.longest_retry_after);
  }
  thread_local std::minstd_rand random(std::random_device{}());
  const absl::Duration wait = std::min(policy.first_wait * (int64_t{1} << std::min(failures - 1, 20)), policy.longest_wait);
  return wait * std::uniform_real_distribution<double>(0.75, 1.25)(random);
}

bool SleepUnless(absl::Duration wait, const std::atomic<bool>& stop) {
  const absl::Time end = absl::Now() + wait;
  while (!stop) {
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return true;
    absl::SleepFor(std::min(left, absl::Milliseconds(100)));
  }
  return false;
}

absl::Status Retry(const RetryPolicy& policy, const std::atomic<bool>& stop, absl::FunctionRef<absl::Status(bool& progress)> attempt) {
  int failures = 0;
  while (true) {
    if (stop) return absl::CancelledError("stopped");
    bool progress = false;
    absl::Status status = attempt(progress);
    if (!absl::IsUnavailable(status)) return status;
    if (progress) failures = 0;
    if (++failures >= policy.tries) return status;
    const absl::Duration wait = WaitBefore(policy, failures, status);
    if (policy.on_wait)
      policy.on_wait(absl::StrCat(status.message(), "; again in ", absl::FormatDuration(absl::Trunc(wait, absl::Milliseconds(1)))));
    if (!SleepUnless(wait, stop)) return absl::CancelledError("stopped");
  }
}

}  // namespace weighbridge
