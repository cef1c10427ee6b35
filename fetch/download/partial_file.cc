#include "fetch/download/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "fetch/regular_file.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

absl::Status SystemError(absl::string_view what, absl::string_view path, int error) {
  const std::string message = absl::StrCat(what, " ", path, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) return absl::ResourceExhaustedError(message);
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(message);
  if (error == ELOOP || error == EISDIR || error == ENOTDIR) return absl::FailedPreconditionError(message);
  // Not Unavailable: the disk is not asked again as a server is.
  return absl::InternalError(message);
}

constexpr int64_t kMaxJournalBytes = int64_t{16} << 20;

std::string JournalOf(const std::string& path) {
  return path + ".journal";
}

absl::Status WriteAll(int descriptor, absl::string_view path, int64_t offset, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("writing", path, errno);
    offset += count;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status SyncFolderOf(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return SystemError("opening", folder, errno);
  const absl::Cleanup close_folder = [descriptor] { close(descriptor); };
  // Some network file systems cannot; then the name is as safe as it gets.
  if (fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP) return SystemError("syncing", folder, errno);
  return absl::OkStatus();
}

}  // namespace

absl::Status RenameForGood(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return SystemError("naming", to, errno);
  return SyncFolderOf(to);
}

absl::Status RenameAside(const std::string& from, const std::string& to) {
  int error = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
  // A file system without that flag.
  if (error == EINVAL || error == ENOSYS) error = link(from.c_str(), to.c_str()) == 0 && unlink(from.c_str()) == 0 ? 0 : errno;
  if (error == EEXIST) return absl::AlreadyExistsError(absl::StrCat(to, " stands there"));
  return error == 0 ? SyncFolderOf(to) : SystemError("naming", to, error);
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes) {
  const std::string temporary = absl::StrCat(path, ".part");
  unlink(temporary.c_str());
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) return SystemError("making", temporary, errno);
  absl::Status status = WriteAll(descriptor, temporary, 0, bytes);
  if (status.ok() && fdatasync(descriptor) != 0) status = SystemError("syncing", temporary, errno);
  close(descriptor);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = SystemError("naming", path, errno);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

absl::StatusOr<std::unique_ptr<PartialFile>> PartialFile::Open(const std::string& path, int64_t size) {
  int descriptor = open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && errno == ENOENT) descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) return SystemError("opening", path, errno);
  std::unique_ptr<PartialFile> file(new PartialFile(path, descriptor, size));
  struct stat status;
  if (fstat(descriptor, &status) != 0) return SystemError("asking for", path, errno);
  if (!S_ISREG(status.st_mode)) return absl::FailedPreconditionError(absl::StrCat(path, ": is no file"));
  file->LoadJournal(status.st_size);
  RETURN_IF_ERROR(file->Allocate());
  return file;
}

PartialFile::~PartialFile() {
  close(descriptor_);
}

absl::Status PartialFile::Allocate() {
  if (ftruncate(descriptor_, size_) != 0) return SystemError("sizing", path_, errno);
  if (size_ == 0) return absl::OkStatus();
  const int error = posix_fallocate(descriptor_, 0, size_);
  // The file system may not know how; then a full disk shows while writing.
  return error == 0 || error == EOPNOTSUPP || error == EINVAL ? absl::OkStatus() : SystemError("taking room for", path_, error);
}

void PartialFile::LoadJournal(int64_t size_found) {
  const absl::StatusOr<std::string> bytes = ReadSmallFile(JournalOf(path_), kMaxJournalBytes);
  if (absl::IsNotFound(bytes.status())) {
    if (size_found > 0) note_ = "there is no journal beside what was fetched before";
    return;
  }
  bool good = bytes.ok() && journal_.ParseFromString(*bytes) && journal_.size() == size_;
  int64_t at = 0;
  for (const DownloadJournal::Range& range : journal_.done()) {
    good = good && range.begin() >= at && range.end() > range.begin() && range.end() <= std::min(size_, size_found);
    at = range.end();
  }
  if (good && size_found <= size_) return;
  note_ = good ? "what was fetched before is longer than the file" : "the journal of what was fetched before does not go with the file";
  journal_.Clear();
}

absl::Status PartialFile::WriteAt(int64_t offset, absl::string_view bytes) {
  return WriteAll(descriptor_, path_, offset, bytes);
}

absl::Status PartialFile::ReadAt(int64_t offset, absl::Span<char> buffer) const {
  while (!buffer.empty()) {
    const ssize_t count = pread(descriptor_, buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("reading", path_, errno);
    if (count == 0) return absl::AbortedError(absl::StrCat(path_, ": was cut off by someone else"));
    offset += count;
    buffer.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status PartialFile::Save(const DownloadJournal& journal) {
  if (fdatasync(descriptor_) != 0) return SystemError("syncing", path_, errno);
  return WriteFileAtomically(JournalOf(path_), journal.SerializeAsString());
}

absl::Status PartialFile::Publish(const std::string& final_path) {
  if (fsync(descriptor_) != 0) return SystemError("syncing", path_, errno);
  RETURN_IF_ERROR(RenameForGood(path_, final_path));
  RemoveJournal(path_);
  return absl::OkStatus();
}

void PartialFile::RemoveJournal(const std::string& path) {
  unlink(JournalOf(path).c_str());
  unlink((JournalOf(path) + ".part").c_str());  // WriteFileAtomically's.
}

void PartialFile::Discard() {
  RemoveJournal(path_);
  unlink(path_.c_str());
}

}  // namespace weighbridge
