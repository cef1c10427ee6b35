#include "formats/bytes/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/file_descriptor.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {
namespace {

// Bytes that the system is given at once, cut at multiples in the file. In a virtual machine larger pieces cost up to ten times the
// processor time, it seems because Linux takes page-cache memory in blocks as large as the write, and large ones were given back to the
// host (docs/benchmarks.md).
constexpr int64_t kPiece = int64_t{32} << 10;

absl::Status WriteError(int error, absl::string_view path) {
  return SystemError(error, "writing", path);
}

std::string Folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// The folder of `path`, or the nearest one above it that is there.
std::string ExistingFolder(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  while (!folder.empty() && folder.has_relative_path() && !std::filesystem::exists(folder, error)) folder = folder.parent_path();
  return folder.empty() ? "." : folder.string();
}

constexpr absl::string_view kPartial = ".partial";

// A hidden name in `folder` for what is to become `path`, another with each call of this process.
std::string HiddenPath(const std::string& folder, const std::string& path) {
  static std::atomic<int> count = 0;
  return absl::StrCat(folder, "/.", std::filesystem::path(path).filename().string(), ".", getpid(), ".", count++, kPartial);
}

// ".NAME.NUMBER.NUMBER.partial"
bool IsHiddenName(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, ".") || !absl::ConsumeSuffix(&name, kPartial)) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '.');
  int64_t number;
  return parts.size() >= 3 && absl::SimpleAtoi(parts[parts.size() - 2], &number) && absl::SimpleAtoi(parts.back(), &number);
}

// How often another name is tried where one is taken, by a process of the same number that was killed or runs in another namespace.
constexpr int kHiddenNames = 1000;

// Says that a process lives which wants the file, as far as the file system knows locks. False when another was faster to remove it.
bool LockAsOurs(int descriptor) {
  struct stat stat;
  return (flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && fstat(descriptor, &stat) == 0 && stat.st_nlink > 0;
}

// A file with a hidden name in `folder`, which is put into `partial_path`. None, and errno, on failure.
FileDescriptor OpenHidden(const std::string& folder, const std::string& path, std::string& partial_path) {
  for (int attempt = 0; attempt < kHiddenNames; ++attempt) {
    partial_path = HiddenPath(folder, path);
    FileDescriptor file(open(partial_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (file.is_open() ? LockAsOurs(file.number()) : errno != EEXIST) return file;
  }
  errno = EEXIST;
  return FileDescriptor();
}

std::string DescriptorPath(int descriptor) {
  return absl::StrCat("/proc/self/fd/", descriptor);
}

// An error number, or 0.
int Allocate(int descriptor, int64_t size) {
  if (size == 0) return 0;
  const int error = posix_fallocate(descriptor, 0, size);
  return error == EOPNOTSUPP || error == EINVAL ? (ftruncate(descriptor, size) == 0 ? 0 : errno) : error;
}

}  // namespace

// The file, open as long as this lives.
class OutputFile::Use {
 public:
  explicit Use(const OutputFile& file)
      : own_(file.file_.is_open() ? -1 : open(file.partial_path_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC)),
        descriptor_(file.file_.is_open() ? file.file_.number() : own_.number()) {}

  // -1, and errno, when it cannot be opened.
  int descriptor() const { return descriptor_; }

 private:
  FileDescriptor own_;
  int descriptor_;
};

OutputFile::OutputFile(std::string path, std::string partial_path, FileDescriptor file, int64_t size, bool overwrite)
    : path_(std::move(path)), partial_path_(std::move(partial_path)), file_(std::move(file)), size_(size), overwrite_(overwrite) {}

OutputFile::~OutputFile() {
  if (!committed_ && !partial_path_.empty()) unlink(partial_path_.c_str());
}

absl::Status OutputFile::CheckTarget(const std::string& path, bool overwrite) {
  struct stat stat;
  if (lstat(path.c_str(), &stat) != 0) return errno == ENOENT ? absl::OkStatus() : WriteError(errno, path);
  if (!S_ISREG(stat.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("writing ", path, ": what stands there is not a regular file"));
  }
  if (!overwrite) return absl::AlreadyExistsError(absl::StrCat("writing ", path, ": the file exists; give another folder, or --overwrite"));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(const std::string& path, int64_t size, bool overwrite) {
  RETURN_IF_ERROR(CheckTarget(path, overwrite));
  std::string partial_path;
  const std::string folder = ExistingFolder(path);
  FileDescriptor file(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  if (file.is_open()) {
    flock(file.number(), LOCK_EX | LOCK_NB);  // LinkNameless may give it a hidden name.
  } else if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {
    file = OpenHidden(folder, path, partial_path);
  }
  if (!file.is_open()) return WriteError(errno, path);
  return TakeSpace(std::unique_ptr<OutputFile>(new OutputFile(path, std::move(partial_path), std::move(file), size, overwrite)));
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::CreateIn(const std::string& folder, const std::string& path, int64_t size,
                                                                 bool overwrite) {
  RETURN_IF_ERROR(CheckTarget(path, overwrite));
  std::string partial_path = (std::filesystem::path(folder) / std::filesystem::path(path).filename()).string();
  const FileDescriptor made(open(partial_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!made.is_open()) return WriteError(errno, path);
  return TakeSpace(std::unique_ptr<OutputFile>(new OutputFile(path, std::move(partial_path), FileDescriptor(), size, overwrite)));
}

// At once, so that a full disk is noticed before anything is computed.
absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::TakeSpace(std::unique_ptr<OutputFile> file) {
  const Use use(*file);
  const int error = use.descriptor() < 0 ? errno : Allocate(use.descriptor(), file->size_);
  if (error == 0) return file;
  const absl::Status status = WriteError(error, file->path_);
  return absl::Status(status.code(), absl::StrCat(status.message(), " (", file->size_, " bytes are needed)"));
}

void OutputFile::RemoveAbandoned(const std::string& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (!IsHiddenName(entry->path().filename().string())) continue;
    const FileDescriptor file(open(entry->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat stat;
    const bool is_ours = file.is_open() && fstat(file.number(), &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_uid == geteuid();
    if (is_ours && flock(file.number(), LOCK_EX | LOCK_NB) == 0) unlink(entry->path().c_str());
  }
}

absl::Status OutputFile::WriteAt(int64_t offset, absl::string_view bytes) {
  if (offset < 0 || static_cast<int64_t>(bytes.size()) > size_ - offset) {
    return absl::InternalError(absl::StrCat("writing ", path_, ": offset ", offset, " + ", bytes.size(), " exceeds ", size_));
  }
  const Use use(*this);
  if (use.descriptor() < 0) return WriteError(errno, path_);
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, kPiece - offset % kPiece);
    RETURN_IF_ERROR(weighbridge::WriteAt(use.descriptor(), path_, offset, piece));
    bytes.remove_prefix(piece.size());
    offset += static_cast<int64_t>(piece.size());
  }
  return absl::OkStatus();
}

absl::StatusOr<ByteSourcePtr> OutputFile::OpenForReading() const {
  if (!file_.is_open()) {
    absl::StatusOr<ByteSourcePtr> file = OpenFile(partial_path_);
    return file.ok() ? MakeSliceSource(path_, *file, 0, (*file)->size()) : file;
  }
  const int descriptor = open(DescriptorPath(file_.number()).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return WriteError(errno, path_);
  return AdoptFile(descriptor, path_);
}

absl::Status OutputFile::LinkNameless(const std::string& path) {
  const std::string bytes = DescriptorPath(file_.number());
  if (linkat(AT_FDCWD, bytes.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return absl::OkStatus();
  if (errno != EEXIST || !overwrite_) return WriteError(errno, path);
  // linkat cannot replace a file, rename can: the nameless file gets a hidden name first.
  const std::string hidden = HiddenPath(Folder(path), path);
  if (linkat(AT_FDCWD, bytes.c_str(), AT_FDCWD, hidden.c_str(), AT_SYMLINK_FOLLOW) != 0) return WriteError(errno, path);
  if (rename(hidden.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const int error = errno;
  unlink(hidden.c_str());
  return WriteError(error, path);
}

absl::Status OutputFile::RenamePartial(const std::string& path) {
  if (!overwrite_) {
    // Unlike rename, these two fail when something has appeared under the final name. File systems know one, the other, or neither.
    if (renameat2(AT_FDCWD, partial_path_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return absl::OkStatus();
    if (errno != EINVAL && errno != ENOSYS) return WriteError(errno, path);
    if (link(partial_path_.c_str(), path.c_str()) == 0) {
      unlink(partial_path_.c_str());
      return absl::OkStatus();
    }
    if (errno != EPERM && errno != EOPNOTSUPP) return WriteError(errno, path);
    RETURN_IF_ERROR(CheckTarget(path, /*overwrite=*/false));
  }
  return rename(partial_path_.c_str(), path.c_str()) == 0 ? absl::OkStatus() : WriteError(errno, path);
}

absl::Status OutputFile::Sync() {
  if (synced_) return absl::OkStatus();
  const Use use(*this);
  if (use.descriptor() < 0 || fsync(use.descriptor()) != 0) return WriteError(errno, path_);
  synced_ = true;
  return absl::OkStatus();
}

absl::Status OutputFile::Commit() {
  return CommitAt(path_);
}

absl::Status OutputFile::CommitIn(const std::string& folder) {
  return CommitAt((std::filesystem::path(folder) / std::filesystem::path(path_).filename()).string());
}

absl::Status OutputFile::CommitAt(const std::string& path) {
  absl::Status status = Sync();
  if (status.ok()) status = partial_path_.empty() ? LinkNameless(path) : RenamePartial(path);
  if (!status.ok()) return status;
  committed_ = true;
  const FileDescriptor folder(open(Folder(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) fsync(folder.number());
  return absl::OkStatus();
}

}  // namespace weighbridge
