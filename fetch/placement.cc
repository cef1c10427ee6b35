#include "fetch/placement.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace weighbridge {
namespace {

// Not the name of an unfinished file: what is written there would go into the file that is linked to.
constexpr char kTemporary[] = ".link.part";

absl::Status Error(const std::string& path, int error) {
  return absl::FailedPreconditionError(absl::StrCat("linking ", path, ": ", std::strerror(error)));
}

// Gives the link at `temporary` its name.
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
  if (!error) return absl::OkStatus();
  const std::string message = absl::StrCat("making folder ", path, ": ", error.message());
  return error == std::errc::permission_denied ? absl::PermissionDeniedError(message) : absl::FailedPreconditionError(message);
}

absl::Status MakeSymlink(const std::string& target, const std::string& path) {
  const std::string temporary = path + kTemporary;
  unlink(temporary.c_str());
  if (symlink(target.c_str(), temporary.c_str()) != 0) return Error(path, errno);
  return Rename(temporary, path);
}

absl::Status LinkFile(const std::string& existing, const std::string& path) {
  std::error_code error;
  const std::string bytes = std::filesystem::canonical(existing, error).string();
  if (error) return absl::NotFoundError(absl::StrCat(existing, ": ", error.message()));
  const std::string temporary = path + kTemporary;
  unlink(temporary.c_str());
  if (link(bytes.c_str(), temporary.c_str()) == 0) return Rename(temporary, path);
  if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == ENOTSUP) return MakeSymlink(bytes, path);
  return Error(path, errno);
}

}  // namespace weighbridge
