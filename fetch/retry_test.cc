#include "fetch/retry.h"

#include <algorithm>
#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(RetryTest, R16WaitsDoubleAndTheServersWishCounts) {
  const RetryPolicy policy;
  for (int failures = 1; failures < 10; ++failures) {
    const double nominal = std::min(1 << (failures - 1), 30);
    const double wait = absl::ToDoubleSeconds(WaitBefore(policy, failures, absl::UnavailableError("")));
    EXPECT_GE(wait, 0.75 * nominal);
    EXPECT_LE(wait, 1.25 * nominal);
  }
  absl::Status asked = absl::UnavailableError("");
  SetRetryAfter(asked, absl::Seconds(7));
  EXPECT_EQ(WaitBefore(policy, 1, Annotate(asked, "x")), absl::Seconds(7));
  SetRetryAfter(asked, absl::Hours(7));
  EXPECT_EQ(WaitBefore(policy, 1, asked), absl::Minutes(5));
}

TEST(RetryTest, R16ProgressStartsTheCounterAgain) {
  RetryPolicy policy;
  policy.first_wait = absl::ZeroDuration();
  const std::atomic<bool> stop = false;
  int calls = 0;
  const absl::Status status = Retry(policy, stop, [&](bool& progress) {
    progress = ++calls <= 7;
    return absl::UnavailableError("down");
  });
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(calls, 7 + policy.tries - 1);
}

TEST(RetryTest, R16AServersWishIsWaitedFor) {
  std::atomic<bool> stop = false;
  std::string told;
  RetryPolicy policy;
  policy.on_wait = [&](const std::string& message) {
    told = message;
    stop = true;
  };
  const absl::Status status = Retry(policy, stop, [](bool&) {
    absl::Status busy = absl::UnavailableError("busy");
    SetRetryAfter(busy, absl::Seconds(9));
    return busy;
  });
  EXPECT_EQ(told, "busy; again in 9s");
  EXPECT_TRUE(absl::IsCancelled(status));
}

TEST(RetryTest, WhatIsFinalIsNotTriedAgain) {
  const std::atomic<bool> stop = false;
  for (const absl::Status& final : {absl::OkStatus(), absl::NotFoundError(""), absl::InternalError(""), absl::AbortedError("")}) {
    int calls = 0;
    const absl::Status status = Retry(RetryPolicy(), stop, [&](bool&) {
      ++calls;
      return final;
    });
    EXPECT_EQ(status, final);
    EXPECT_EQ(calls, 1);
  }
}

}  // namespace
}  // namespace weighbridge
