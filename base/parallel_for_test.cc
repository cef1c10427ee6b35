#include "base/parallel_for.h"

#include <atomic>
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(ParallelForTest, EachIndexOnceByAThreadOfTheGivenNumber) {
  for (int threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> calls(1000);
    std::vector<std::atomic<int>> running(threads);
    const absl::Status status = ParallelFor(1000, threads, nullptr, [&](int64_t index, int thread) {
      if (running.at(thread)++ != 0) return absl::InternalError("two calls at a time with the same number");
      ++calls.at(index);
      --running[thread];
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 1);
  }
}

TEST(ParallelForTest, OneThreadIsTheCallersAndInOrder) {
  std::vector<int64_t> order;
  const auto caller = std::this_thread::get_id();
  EXPECT_TRUE(ParallelFor(5, 1, nullptr, [&](int64_t index, int) {
                EXPECT_EQ(std::this_thread::get_id(), caller);
                order.push_back(index);
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(order, (std::vector<int64_t>{0, 1, 2, 3, 4}));
}

TEST(ParallelForTest, NothingToDo) {
  EXPECT_TRUE(ParallelFor(0, 3, nullptr, [](int64_t, int) { return absl::InternalError("called"); }).ok());
}

TEST(ParallelForTest, TheFailureOfTheLowestIndexIsReturnedAndNothingIsStartedAfterIt) {
  for (int threads : {1, 4}) {
    std::atomic<int64_t> highest = 0;
    std::atomic<int> failed = 0;
    const absl::Status status = ParallelFor(1'000'000, threads, nullptr, [&](int64_t index, int) {
      if (index > highest) highest = index;
      if (index < 100) return absl::OkStatus();
      // All threads fail before any of them returns.
      ++failed;
      while (failed < threads) std::this_thread::yield();
      return absl::DataLossError(absl::StrCat(index));
    });
    EXPECT_EQ(status, absl::DataLossError("100"));
    EXPECT_LT(highest, 1000);
  }
}

TEST(ParallelForTest, StopsWhenToldTo) {
  for (int threads : {1, 4}) {
    std::atomic<bool> stop = false;
    std::atomic<int> calls = 0;
    const absl::Status status = ParallelFor(1'000'000, threads, &stop, [&](int64_t index, int) {
      if (index == 50) stop = true;
      ++calls;
      return absl::OkStatus();
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
    EXPECT_LT(calls, 1'000'000);
  }
}

TEST(ParallelForTest, NoMemoryForAPartIsAFailureOfItOnEveryThread) {
  for (int threads : {1, 4}) {
    const absl::Status status = ParallelFor(100, threads, nullptr, [](int64_t index, int) -> absl::Status {
      if (index >= 10) throw std::bad_alloc();
      return absl::OkStatus();
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  }
}

TEST(ParallelForTest, AStopAfterTheLastStartIsTooLate) {
  std::atomic<bool> stop = false;
  EXPECT_TRUE(ParallelFor(3, 1, &stop, [&](int64_t index, int) {
                stop = index == 2;
                return absl::OkStatus();
              }).ok());
}

}  // namespace
}  // namespace weighbridge
