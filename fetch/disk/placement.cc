#include "fetch/disk/placement.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/disk/disk_error.h"
#include "fetch/disk/regular_file.h"

namespace weighbridge {
namespace {

// Not the name of an unfinished file: what is written there would go into the file that is linked to.
constexpr char kTemporary[] = ".link.part";
constexpr char kCopy[] = ".copy.part";

absl::Status Error(const std::string& path, int error) {
  return DiskError(SystemError(error, "making", path));
}

absl::Status FolderError(const std::string& path, int error) {
  return DiskError(SystemError(error, "making folder", path));
}

// Both are open; `to` is to become the file at `path`.
absl::Status CopyBytes(int from, const std::string& existing, int to, const std::string& path, const std::atomic<bool>& stop) {
  std::vector<char> buffer(size_t{1} << 20);
  for (int64_t offset = 0; !stop;) {
    ASSIGN_OR_RETURN(const size_t count, ReadAt(from, existing, offset, absl::MakeSpan(buffer)), DiskError(_));
    RETURN_IF_ERROR(WriteAt(to, path, offset, absl::string_view(buffer.data(), count)), DiskError(_));
    if (count < buffer.size()) return absl::OkStatus();
    offset += static_cast<int64_t>(count);
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

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path.empty() ? "." : path, error);
  return error ? FolderError(path, error.value()) : absl::OkStatus();
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
    if (mkdir(below.c_str(), 0777) != 0 && errno != EEXIST) return FolderError(below, errno);
    struct stat status = {};
    if (lstat(below.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      const absl::string_view why = S_ISLNK(status.st_mode) ? "it is a link, which may lead elsewhere" : "it is not a folder";
      return absl::FailedPreconditionError(absl::StrCat("making folder ", below, ": ", why));
    }
  }
  return absl::OkStatus();
}

absl::Status CopyFile(const std::string& existing, const std::string& path, const std::atomic<bool>& stop) {
  ASSIGN_OR_RETURN(const FileDescriptor from, OpenRegularFile(existing, Links::kFollow));
  const std::string temporary = path + kCopy;
  unlink(temporary.c_str());
  const FileDescriptor to(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!to.is_open()) return Error(path, errno);
  const bool cloned = ioctl(to.number(), FICLONE, from.number()) == 0;
  absl::Status status = cloned ? absl::OkStatus() : CopyBytes(from.number(), existing, to.number(), path, stop);
  if (status.ok() && fdatasync(to.number()) != 0) status = Error(path, errno);
  if (!status.ok()) unlink(temporary.c_str());
  return status.ok() ? Rename(temporary, path) : status;
}

}  // namespace weighbridge
