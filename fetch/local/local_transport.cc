#include "fetch/local/local_transport.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/disk/disk_error.h"
#include "fetch/disk/regular_file.h"
#include "fetch/lock/target_path.h"
#include "fetch/transport.h"

namespace weighbridge {
namespace {

std::string ValidatorOf(const struct stat& status) {
  return absl::StrCat(status.st_dev, ":", status.st_ino, ":", status.st_size, ":", status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec);
}

class LocalReader : public RemoteReader {
 public:
  explicit LocalReader(std::string path) : path_(std::move(path)) {}

  absl::Status Read(const Request& request, absl::FunctionRef<absl::Status(const BodyStart&)> on_start,
                    absl::FunctionRef<absl::Status(absl::string_view)> on_bytes) override {
    ASSIGN_OR_RETURN(const FileDescriptor file, OpenRegularFile(path_, Links::kFollow));
    struct stat before;
    struct stat after;
    if (fstat(file.number(), &before) != 0) return DiskError(absl::ErrnoToStatus(errno, path_));
    const std::string validator = ValidatorOf(before);
    const bool changed = !request.validator.empty() && request.validator != validator;
    if (changed || before.st_size < request.range.end) return absl::AbortedError(absl::StrCat(path_, ": was changed meanwhile"));
    RETURN_IF_ERROR(on_start({.begin = request.range.begin, .is_range = true, .validator = validator}));
    RETURN_IF_ERROR(Copy(file.number(), request, on_bytes));
    if (fstat(file.number(), &after) != 0 || ValidatorOf(after) != validator)
      return absl::AbortedError(absl::StrCat(path_, ": was changed meanwhile"));
    return absl::OkStatus();
  }

 private:
  absl::Status Copy(int file, const Request& request, absl::FunctionRef<absl::Status(absl::string_view)> on_bytes) {
    std::vector<char> buffer(size_t{1} << 20);
    for (int64_t at = request.range.begin; at < request.range.end;) {
      if (request.cancel != nullptr && *request.cancel) return absl::CancelledError("stopped");
      const auto wanted = static_cast<size_t>(std::min<int64_t>(request.range.end - at, static_cast<int64_t>(buffer.size())));
      ASSIGN_OR_RETURN(const size_t count, ReadAt(file, path_, at, absl::MakeSpan(buffer.data(), wanted)), DiskError(_));
      if (count < wanted) return absl::AbortedError(absl::StrCat(path_, ": was cut off while we read it"));
      RETURN_IF_ERROR(on_bytes(absl::string_view(buffer.data(), count)));
      at += static_cast<int64_t>(count);
    }
    return absl::OkStatus();
  }

  const std::string path_;
};

RemoteFile FileAt(const std::string& path, const std::string& name, int64_t size) {
  return {.path = name, .uri = FileUri(path), .size = size, .hashes = {}};
}

absl::StatusOr<Listing> ListFolder(const std::string& folder) {
  Listing listing;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_regular_file(error) || error) continue;
    const std::string name = it->path().lexically_relative(folder).generic_string();
    if (const auto path = RelativePath::Parse(name); !path.ok()) {
      return absl::FailedPreconditionError(absl::StrCat(folder, ": ", path.status().message()));
    }
    listing.files.push_back(FileAt(it->path().string(), name, static_cast<int64_t>(it->file_size(error))));
  }
  if (error) return absl::FailedPreconditionError(absl::StrCat(folder, ": ", error.message()));
  std::sort(listing.files.begin(), listing.files.end(), [](const RemoteFile& a, const RemoteFile& b) { return a.path < b.path; });
  return listing;
}

}  // namespace

absl::StatusOr<Listing> LocalTransport::List(const Uri& uri) {
  struct stat status;
  // A file among the folders of a path: then there is nothing of that name.
  if (stat(uri.path.c_str(), &status) != 0) {
    const int error = errno;
    const absl::Status failure = DiskError(absl::ErrnoToStatus(error, uri.path));
    return error == ENOTDIR ? absl::NotFoundError(failure.message()) : failure;
  }
  if (S_ISDIR(status.st_mode)) return ListFolder(uri.path);
  if (!S_ISREG(status.st_mode)) return absl::FailedPreconditionError(absl::StrCat(uri.path, ": is neither a file nor a folder"));
  const std::string name = std::filesystem::path(uri.path).filename().string();
  RETURN_IF_ERROR(ParseTargetPath(name).status());
  return Listing{.revision = "", .files = {FileAt(uri.path, name, status.st_size)}};
}

std::unique_ptr<RemoteReader> LocalTransport::Open(const RemoteFile& file) {
  return std::make_unique<LocalReader>(file.uri.path);
}

}  // namespace weighbridge
