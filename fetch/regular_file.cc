#include "fetch/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace weighbridge {
namespace {

absl::Status SystemError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  if (error == ELOOP) return absl::FailedPreconditionError(absl::StrCat(path, ": is a link and no file"));
  // A socket, or a device that is not there.
  if (error == ENXIO || error == ENODEV) return absl::FailedPreconditionError(absl::StrCat(path, ": is no file"));
  return absl::UnavailableError(message);
}

}  // namespace

absl::StatusOr<int> OpenRegularFile(const std::string& path, Links links) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links == Links::kRefuse ? O_NOFOLLOW : 0));
  if (file < 0) return SystemError(path, errno);
  struct stat status;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) return file;
  close(file);
  return absl::FailedPreconditionError(absl::StrCat(path, ": is no file"));
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, int64_t limit) {
  const absl::StatusOr<int> file = OpenRegularFile(path, Links::kFollow);
  if (!file.ok()) return file.status();
  const absl::Cleanup close_file = [&file] { close(*file); };
  std::string bytes;
  char buffer[size_t{16} << 10];
  while (static_cast<int64_t>(bytes.size()) <= limit) {
    const ssize_t count = read(*file, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::UnavailableError(absl::StrCat("reading ", path, ": ", std::strerror(errno)));
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
  }
  return absl::ResourceExhaustedError(absl::StrCat(path, ": has more than ", limit, " bytes"));
}

}  // namespace weighbridge
