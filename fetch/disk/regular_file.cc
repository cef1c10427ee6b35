#include "fetch/disk/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/status.h"
#include "fetch/disk/disk_error.h"

namespace weighbridge {
namespace {

constexpr size_t kPiece = size_t{16} << 10;

absl::Status OpenError(const std::string& path, int error) {
  switch (error) {
    case ENOTDIR:  // What should be a folder of it is a file.
      return absl::NotFoundError(absl::ErrnoToStatus(error, path).message());
    case ELOOP:
      return absl::FailedPreconditionError(absl::StrCat(path, ": is a link and not a file"));
    case ENXIO:  // A socket, or a device that is not there.
    case ENODEV:
      return absl::FailedPreconditionError(absl::StrCat(path, ": is not a file"));
    default:
      return DiskError(absl::ErrnoToStatus(error, path));
  }
}

}  // namespace

absl::StatusOr<FileDescriptor> OpenRegularFile(const std::string& path, Links links) {
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links == Links::kRefuse ? O_NOFOLLOW : 0)));
  if (!file.is_open()) return OpenError(path, errno);
  struct stat status;
  if (fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode)) return file;
  return absl::FailedPreconditionError(absl::StrCat(path, ": is not a file"));
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, int64_t limit) {
  ASSIGN_OR_RETURN(const FileDescriptor file, OpenRegularFile(path, Links::kFollow));
  std::string bytes;
  while (true) {
    const size_t had = bytes.size();
    bytes.resize(had + kPiece);
    ASSIGN_OR_RETURN(const size_t count, ReadAt(file.number(), path, static_cast<int64_t>(had), absl::MakeSpan(bytes).subspan(had)),
                     DiskError(_));
    bytes.resize(had + count);
    if (static_cast<int64_t>(bytes.size()) > limit) {
      return absl::ResourceExhaustedError(absl::StrCat(path, ": has more than ", limit, " bytes"));
    }
    if (count < kPiece) return bytes;
  }
}

}  // namespace weighbridge
