#include "fetch/download/target_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/file_descriptor.h"
#include "fetch/disk/disk_error.h"
#include "fetch/retry.h"

namespace weighbridge {
namespace {

// The name still stands for the file that the descriptor has open: its last holder may have removed it while we waited.
bool IsStill(const std::string& path, int descriptor) {
  struct stat named;
  struct stat opened;
  return stat(path.c_str(), &named) == 0 && fstat(descriptor, &opened) == 0 && named.st_ino == opened.st_ino &&
         named.st_dev == opened.st_dev;
}

bool IsRegular(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

TargetLock::TargetLock(std::string path, bool keep, FileDescriptor file) : path_(std::move(path)), keep_(keep), file_(std::move(file)) {}

absl::StatusOr<std::unique_ptr<TargetLock>> TargetLock::Acquire(const std::string& path, bool keep, const std::atomic<bool>& stop,
                                                                const std::function<void(const std::string&)>& on_wait) {
  absl::Time next_message = absl::InfinitePast();
  while (true) {
    FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0666));
    if (!file.is_open()) return DiskError(SystemError(errno, "locking", path));
    if (!IsRegular(file.number())) return absl::FailedPreconditionError(absl::StrCat("locking ", path, ": is not a file"));
    while (flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) {
        on_wait(absl::StrCat(path, ": cannot be locked (", std::strerror(errno), "); going on without"));
        return std::unique_ptr<TargetLock>(new TargetLock(path, /*keep=*/true, std::move(file)));
      }
      if (absl::Now() >= next_message) {
        on_wait(absl::StrCat(path, ": another fetch of the same file is at work; waiting for it"));
        next_message = absl::Now() + absl::Seconds(10);
      }
      if (!SleepUnless(absl::Milliseconds(100), stop)) return absl::CancelledError("stopped");
    }
    if (IsStill(path, file.number())) return std::unique_ptr<TargetLock>(new TargetLock(path, keep, std::move(file)));
  }
}

TargetLock::~TargetLock() {
  // While it is held, so that nobody's next lock file is removed.
  if (!keep_) unlink(path_.c_str());
}

}  // namespace weighbridge
