#include "fetch/download/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/status.h"
#include "fetch/disk/disk_error.h"
#include "fetch/disk/regular_file.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

absl::Status Failed(absl::string_view doing, absl::string_view path, int error) {
  return DiskError(SystemError(error, doing, path));
}

constexpr int64_t kMaxJournalBytes = int64_t{16} << 20;

std::string JournalOf(const std::string& path) {
  return path + ".journal";
}

absl::Status SyncFolderOf(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const FileDescriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) return Failed("opening", folder, errno);
  // Some network file systems cannot; then the name is as safe as it gets.
  if (fsync(opened.number()) != 0 && errno != EINVAL && errno != ENOTSUP) return Failed("syncing", folder, errno);
  return absl::OkStatus();
}

}  // namespace

absl::Status RenameForGood(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return Failed("naming", to, errno);
  return SyncFolderOf(to);
}

absl::Status RenameAside(const std::string& from, const std::string& to) {
  int error = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
  // A file system without that flag.
  if (error == EINVAL || error == ENOSYS) error = link(from.c_str(), to.c_str()) == 0 && unlink(from.c_str()) == 0 ? 0 : errno;
  if (error == EEXIST) return absl::AlreadyExistsError(absl::StrCat(to, " stands there"));
  return error == 0 ? SyncFolderOf(to) : Failed("naming", to, error);
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes) {
  const std::string temporary = absl::StrCat(path, ".part");
  unlink(temporary.c_str());
  const FileDescriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!file.is_open()) return Failed("making", temporary, errno);
  absl::Status status = DiskError(weighbridge::WriteAt(file.number(), temporary, 0, bytes));
  if (status.ok() && fdatasync(file.number()) != 0) status = Failed("syncing", temporary, errno);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = Failed("naming", path, errno);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

absl::StatusOr<std::unique_ptr<PartialFile>> PartialFile::Open(const std::string& path, int64_t size) {
  FileDescriptor opened(open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!opened.is_open() && errno == ENOENT) {
    opened = FileDescriptor(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  }
  if (!opened.is_open()) return Failed("opening", path, errno);
  struct stat status;
  if (fstat(opened.number(), &status) != 0) return Failed("asking for", path, errno);
  if (!S_ISREG(status.st_mode)) return absl::FailedPreconditionError(absl::StrCat(path, ": is not a file"));
  std::unique_ptr<PartialFile> file(new PartialFile(path, std::move(opened), size));
  file->LoadJournal(status.st_size);
  RETURN_IF_ERROR(file->Allocate());
  return file;
}

absl::Status PartialFile::Allocate() {
  if (ftruncate(file_.number(), size_) != 0) return Failed("sizing", path_, errno);
  if (size_ == 0) return absl::OkStatus();
  const int error = posix_fallocate(file_.number(), 0, size_);
  // The file system may not know how; then a full disk shows while writing.
  return error == 0 || error == EOPNOTSUPP || error == EINVAL ? absl::OkStatus() : Failed("taking room for", path_, error);
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
  return DiskError(weighbridge::WriteAt(file_.number(), path_, offset, bytes));
}

absl::Status PartialFile::ReadAt(int64_t offset, absl::Span<char> buffer) const {
  ASSIGN_OR_RETURN(const size_t count, weighbridge::ReadAt(file_.number(), path_, offset, buffer), DiskError(_));
  return count == buffer.size() ? absl::OkStatus() : absl::AbortedError(absl::StrCat(path_, ": was cut off by someone else"));
}

absl::Status PartialFile::Save(const DownloadJournal& journal) {
  if (fdatasync(file_.number()) != 0) return Failed("syncing", path_, errno);
  return WriteFileAtomically(JournalOf(path_), journal.SerializeAsString());
}

absl::Status PartialFile::Publish(const std::string& final_path) {
  if (fsync(file_.number()) != 0) return Failed("syncing", path_, errno);
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
