#include "base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "base/status.h"

namespace weighbridge {
namespace {

// What the threads share: the next index, and the failure of the lowest index so far.
class Loop {
 public:
  Loop(int64_t count, const std::atomic<bool>* stop, absl::FunctionRef<absl::Status(int64_t, int)> work)
      : count_(count), stop_(stop), work_(work) {}

  void Run(int thread) {
    while (!failed_) {
      if (next_ < count_ && stop_ != nullptr && *stop_) return Fail(count_, absl::CancelledError("stopped"));
      const int64_t index = next_++;
      if (index >= count_) return;
      RETURN_IF_ERROR(Work(index, thread), Fail(index, _));
    }
  }

  absl::Status status() {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  // An exception would end the program where it leaves a thread.
  absl::Status Work(int64_t index, int thread) {
    try {
      return work_(index, thread);
    } catch (const std::bad_alloc&) {
      return absl::ResourceExhaustedError("out of memory: the system gives this program no more");
    }
  }

  void Fail(int64_t index, const absl::Status& status) {
    failed_ = true;
    const std::lock_guard lock(mutex_);
    if (!status_.ok() && failed_index_ <= index) return;
    status_ = status;
    failed_index_ = index;
  }

  const int64_t count_;
  const std::atomic<bool>* const stop_;
  const absl::FunctionRef<absl::Status(int64_t, int)> work_;
  std::atomic<int64_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;  // Guards what follows.
  absl::Status status_;
  int64_t failed_index_ = 0;
};

}  // namespace

absl::Status ParallelFor(int64_t count, int threads, const std::atomic<bool>* stop,
                         absl::FunctionRef<absl::Status(int64_t index, int thread)> work) {
  Loop loop(count, stop, work);
  {
    std::vector<std::jthread> others;
    const int wanted = static_cast<int>(std::min<int64_t>(threads, count));
    try {
      for (int thread = 1; thread < wanted; ++thread) others.emplace_back([&loop, thread] { loop.Run(thread); });
    } catch (const std::exception&) {
      // No thread, or no memory for one: those that are there do the work.
    }
    loop.Run(0);
  }
  return loop.status();
}

}  // namespace weighbridge
