#ifndef WEIGHBRIDGE_BASE_PROGRESS_REPORT_H_
#define WEIGHBRIDGE_BASE_PROGRESS_REPORT_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace weighbridge {

// Hands what several threads report to a function that takes one call at a time.
class ProgressReport {
 public:
  // `report` may be empty.
  explicit ProgressReport(std::function<void(int64_t)> report) : report_(std::move(report)) {}

  void Add(int64_t bytes) {
    if (!report_) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    report_(bytes);
  }

 private:
  const std::function<void(int64_t)> report_;
  std::mutex mutex_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_PROGRESS_REPORT_H_
