#include "base/file_descriptor.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {

FileDescriptor::~FileDescriptor() {
  if (is_open()) close(number_);
}

absl::Status SystemError(int error_number, absl::string_view doing, absl::string_view path) {
  const absl::Status status = absl::ErrnoToStatus(error_number, absl::StrCat(doing, " ", path));
  if (error_number == EFBIG) return absl::ResourceExhaustedError(status.message());
  return absl::IsUnknown(status) ? absl::UnavailableError(status.message()) : status;
}

absl::StatusOr<size_t> ReadAt(int descriptor, absl::string_view path, int64_t offset, absl::Span<char> buffer) {
  constexpr size_t kMost = size_t{1} << 30;  // Linux reads less than 2 GiB at once.
  size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t count =
        pread(descriptor, buffer.data() + done, std::min(buffer.size() - done, kMost), offset + static_cast<int64_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(errno, "reading", path);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

absl::Status WriteAt(int descriptor, absl::string_view path, int64_t offset, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(errno, "writing", path);
    bytes.remove_prefix(static_cast<size_t>(count));
    offset += count;
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
