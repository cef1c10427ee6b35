#include "fetch/placement.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/regular_file.h"

namespace weighbridge {
namespace {

// Not the name of an unfinished file: what is written there would go into the file that is linked to.
constexpr char kTemporary[] = ".link.part";
constexpr char kCopy[] = ".copy.part";

absl::Status Error(const std::string& path, int error) {
  const std::string message = absl::StrCat("making ", path, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) return absl::ResourceExhaustedError(message);
  return error == EACCES || error == EPERM || error == EROFS ? absl::PermissionDeniedError(message)
                                                             : absl::FailedPreconditionError(message);
}

absl::Status FolderError(const std::string& path, absl::string_view why, bool forbidden) {
  const std::string message = absl::StrCat("making folder ", path, ": ", why);
  return forbidden ? absl::PermissionDeniedError(message) : absl::FailedPreconditionError(message);
}

absl::Status CopyBytes(int from, int to, const std::string& path, const std::atomic<bool>& stop) {
  std::vector<char> buffer(size_t{1} << 20);
  while (!stop) {
    const ssize_t count = read(from, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error(path, errno);
    if (count == 0) return absl::OkStatus();
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = write(to, buffer.data() + done, static_cast<size_t>(count - done));
      if (written < 0 && errno != EINTR) return Error(path, errno);
      done += std::max<ssize_t>(written, 0);
    }
  }
  return absl::CancelledError("stopped");
}

// Gives what is at `temporary` its name.
absl::Status Rename(const std::string& temporary, const std::string& path) {
  const int error = rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  // Renaming one name of a file to another name of it does nothing, and leaves the first.
  unlink(temporary.c_str());
  return error == 0 ? absl::OkStatus() : Error(path, error);
}

}  // namespace

Placement PlaceAt(const std::string& path) {
  return {.path = path, .partial = path + ".part", .lock = path + ".part.lock"};
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path.empty() ? "." : path, error);
  return error ? FolderError(path, error.message(), error == std::errc::permission_denied) : absl::OkStatus();
}

absl::Status MakeSymlink(const std::string& target, const std::string& path) {
  const std::string temporary = path + kTemporary;
  unlink(temporary.c_str());
  if (symlink(target.c_str(), temporary.c_str()) != 0) return Error(path, errno);
  return Rename(temporary, path);
}

absl::Status MakeFoldersOf(const std::string& folder, const RelativePath& path) {
  RETURN_IF_ERROR(MakeFolder(folder));
  std::string below = folder;
  const std::vector<absl::string_view> components = path.components();
  for (size_t i = 0; i + 1 < components.size(); ++i) {
    absl::StrAppend(&below, "/", components[i]);
    if (mkdir(below.c_str(), 0777) != 0 && errno != EEXIST) return FolderError(below, std::strerror(errno), errno == EACCES);
    struct stat status = {};
    if (lstat(below.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      return FolderError(below, S_ISLNK(status.st_mode) ? "it is a link, which may lead elsewhere" : "it is no folder", false);
    }
  }
  return absl::OkStatus();
}

absl::Status CopyFile(const std::string& existing, const std::string& path, const std::atomic<bool>& stop) {
  const absl::StatusOr<int> from = OpenRegularFile(existing, Links::kFollow);
  if (!from.ok()) return from.status();
  const absl::Cleanup close_from = [&from] { close(*from); };
  const std::string temporary = path + kCopy;
  unlink(temporary.c_str());
  const int to = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (to < 0) return Error(path, errno);
  absl::Status status = ioctl(to, FICLONE, *from) == 0 ? absl::OkStatus() : CopyBytes(*from, to, path, stop);
  if (status.ok() && fdatasync(to) != 0) status = Error(path, errno);
  close(to);
  if (!status.ok()) unlink(temporary.c_str());
  return status.ok() ? Rename(temporary, path) : status;
}

}  // namespace weighbridge
