#ifndef WEIGHBRIDGE_FETCH_DOWNLOAD_TARGET_LOCK_H_
#define WEIGHBRIDGE_FETCH_DOWNLOAD_TARGET_LOCK_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/file_descriptor.h"

namespace weighbridge {

// Keeps others from fetching the same file at the same time: an flock on a lock file, which the system frees when a program ends, however
// that happens. It saves work; that no half file is ever seen does not depend on it.
class TargetLock {
 public:
  // Waits while another holds it and calls `on_wait` at once and every ten seconds. Where the file system knows no locks it goes on
  // without one. `keep`: the lock file stays (others rely on its name, as in the hub's cache). Cancelled when `stop` was set;
  // FailedPrecondition: something else than a file stands there; otherwise fails as DiskError does.
  static absl::StatusOr<std::unique_ptr<TargetLock>> Acquire(const std::string& path, bool keep, const std::atomic<bool>& stop,
                                                             const std::function<void(const std::string&)>& on_wait);

  ~TargetLock();
  TargetLock(const TargetLock&) = delete;
  TargetLock& operator=(const TargetLock&) = delete;

 private:
  TargetLock(std::string path, bool keep, FileDescriptor file);

  const std::string path_;
  const bool keep_;
  const FileDescriptor file_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DOWNLOAD_TARGET_LOCK_H_
