#ifndef WEIGHBRIDGE_CONVERT_RESOURCES_H_
#define WEIGHBRIDGE_CONVERT_RESOURCES_H_

#include <atomic>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace weighbridge {

// Is told how far long steps are. Steps come one after the other; calls come one at a time, from any thread.
class ProgressListener {
 public:
  virtual ~ProgressListener() = default;

  // A step of `total` bytes begins: "writing", "verifying", "auditing".
  virtual void Start(absl::string_view step, int64_t total) = 0;
  virtual void Add(int64_t bytes) = 0;
  // The step is over, whether it succeeded or not.
  virtual void Finish() = 0;
};

// What long work may take, and how it is watched and stopped.
struct Resources {
  int threads = 1;                          // At least 1.
  int64_t memory = int64_t{512} << 20;      // Bytes of buffers, over all threads together.
  const std::atomic<bool>* stop = nullptr;  // Set from outside to stop early; Cancelled then.
  ProgressListener* progress = nullptr;     // Outlives the work; null when nobody listens.
};

// One step: told as begun when it is made, and as over when it goes.
class ProgressStep {
 public:
  ProgressStep(ProgressListener* listener, absl::string_view step, int64_t total) : listener_(listener) {
    if (listener_ != nullptr) listener_->Start(step, total);
  }
  ~ProgressStep() {
    if (listener_ != nullptr) listener_->Finish();
  }
  ProgressStep(const ProgressStep&) = delete;
  ProgressStep& operator=(const ProgressStep&) = delete;

  void Add(int64_t bytes) {
    if (listener_ != nullptr) listener_->Add(bytes);
  }

 private:
  ProgressListener* listener_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_RESOURCES_H_
