#include "formats/bytes/byte_source.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/status.h"

namespace weighbridge {
namespace {

// Closed when its last user lets go.
using SharedDescriptor = std::shared_ptr<const FileDescriptor>;

absl::StatusOr<SharedDescriptor> OpenDescriptor(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return SystemError(errno, "opening", path);
  return std::make_shared<const FileDescriptor>(std::move(file));
}

// The files of this program that stay open though nobody reads them right now, by the sources that read them: a model may have more files
// than a program may have open. Thread-safe.
class OpenFiles {
 public:
  static OpenFiles& Get() {
    // Never destroyed: a source of static lifetime may outlive it.
    static auto& files = *new OpenFiles;
    return files;
  }

  // The open file of `source`, or null when it is closed.
  SharedDescriptor Find(const ByteSource* source) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(source);
    if (place == places_.end()) return nullptr;
    files_.splice(files_.begin(), files_, place->second);
    return place->second->second;
  }

  // Closes others, those that were used longest ago, where there are too many. Another thread may have been faster.
  void Keep(const ByteSource* source, SharedDescriptor file) {
    const std::lock_guard lock(mutex_);
    if (places_.contains(source)) return;
    files_.emplace_front(source, std::move(file));
    places_[source] = files_.begin();
    while (files_.size() > Most()) {
      places_.erase(files_.back().first);
      files_.pop_back();
    }
  }

  void Forget(const ByteSource* source) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(source);
    if (place == places_.end()) return;
    files_.erase(place->second);
    places_.erase(place);
  }

 private:
  using Files = std::list<std::pair<const ByteSource*, SharedDescriptor>>;  // The one that was used last stands first.

  // Some are left for everything else.
  static size_t Most() {
    constexpr rlim_t kMost = 128;
    rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min(kMost, limit.rlim_cur / 4) : kMost;
  }

  std::mutex mutex_;  // Guards what follows.
  Files files_;
  std::unordered_map<const ByteSource*, Files::iterator> places_;
};

// What tells a file, and its contents, from another.
bool IsSameFile(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}
bool HasSameContents(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

absl::Status Changed(absl::string_view name) {
  return absl::AbortedError(absl::StrCat(name, " changed while it was read"));
}
absl::Status Replaced(absl::string_view name) {
  return absl::AbortedError(absl::StrCat(name, " was replaced while it was read"));
}

absl::Status ReadFile(const FileDescriptor& file, absl::string_view name, int64_t size, int64_t offset, absl::Span<char> buffer) {
  ASSIGN_OR_RETURN(const size_t count, ReadAt(file.number(), name, offset, buffer));
  if (count == buffer.size()) return absl::OkStatus();
  const int64_t end = offset + static_cast<int64_t>(count);
  return absl::DataLossError(absl::StrCat("reading ", name, ": it ends at ", end, ", before its ", size, " bytes"));
}

// A file that is known by its place, which is its name. It need not stay open: what is opened there again must be the same.
class NamedFileSource final : public ByteSource {
 public:
  NamedFileSource(std::string path, const struct stat& stat) : ByteSource(std::move(path), stat.st_size), opened_(stat) {}
  ~NamedFileSource() override { OpenFiles::Get().Forget(this); }

  absl::Status CheckUnchanged() const override {
    struct stat named = {};
    const bool is_there = stat(name().c_str(), &named) == 0;
    if (is_there && !IsSameFile(named, opened_)) return Replaced(name());
    struct stat now = named;
    if (const SharedDescriptor file = OpenFiles::Get().Find(this); file != nullptr) {
      if (fstat(file->number(), &now) != 0) return SystemError(errno, "reading", name());
    } else if (!is_there) {
      return Removed();
    }
    return HasSameContents(now, opened_) ? absl::OkStatus() : Changed(name());
  }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    SharedDescriptor file = OpenFiles::Get().Find(this);
    if (file == nullptr) {
      ASSIGN_OR_RETURN(file, OpenAgain());
      OpenFiles::Get().Keep(this, file);
    }
    return ReadFile(*file, name(), size(), offset, buffer);
  }

  absl::StatusOr<SharedDescriptor> OpenAgain() const {
    absl::StatusOr<SharedDescriptor> file = OpenDescriptor(name());
    // Or what was its folder is a file now.
    if (absl::IsNotFound(file.status()) || absl::IsFailedPrecondition(file.status())) return Removed();
    if (!file.ok()) return file;
    struct stat now;
    if (fstat((*file)->number(), &now) != 0) return SystemError(errno, "reading", name());
    if (!IsSameFile(now, opened_)) return Replaced(name());
    if (!HasSameContents(now, opened_)) return Changed(name());
    return file;
  }

  absl::Status Removed() const { return absl::AbortedError(absl::StrCat(name(), " was removed while it was read")); }

  struct stat opened_;
};

// A file that has no place, and so stays open.
class OpenFileSource final : public ByteSource {
 public:
  OpenFileSource(std::string name, SharedDescriptor file, const struct stat& stat)
      : ByteSource(std::move(name), stat.st_size), file_(std::move(file)), opened_(stat) {}

  absl::Status CheckUnchanged() const override {
    struct stat now;
    if (fstat(file_->number(), &now) != 0) return SystemError(errno, "reading", name());
    return HasSameContents(now, opened_) ? absl::OkStatus() : Changed(name());
  }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    return ReadFile(*file_, name(), size(), offset, buffer);
  }

  SharedDescriptor file_;
  struct stat opened_;
};

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string name, std::string bytes)
      : ByteSource(std::move(name), static_cast<int64_t>(bytes.size())), bytes_(std::move(bytes)) {}

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    std::copy_n(bytes_.data() + offset, buffer.size(), buffer.data());
    return absl::OkStatus();
  }

  std::string bytes_;
};

class SliceSource final : public ByteSource {
 public:
  SliceSource(std::string name, ByteSourcePtr source, int64_t offset, int64_t size)
      : ByteSource(std::move(name), size), source_(std::move(source)), offset_(offset) {}

  absl::Status CheckUnchanged() const override { return source_->CheckUnchanged(); }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override { return source_->ReadAt(offset_ + offset, buffer); }

  ByteSourcePtr source_;
  int64_t offset_;
};

class JoinedSource final : public ByteSource {
 public:
  // `ends[k]` is the offset after part k.
  JoinedSource(std::string name, std::vector<ByteSourcePtr> parts, std::vector<int64_t> ends)
      : ByteSource(std::move(name), ends.empty() ? 0 : ends.back()), parts_(std::move(parts)), ends_(std::move(ends)) {}

  absl::Status CheckUnchanged() const override {
    for (const ByteSourcePtr& part : parts_) {
      RETURN_IF_ERROR(part->CheckUnchanged());
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    size_t part = std::upper_bound(ends_.begin(), ends_.end(), offset) - ends_.begin();
    for (; !buffer.empty(); ++part) {
      const int64_t begin = ends_[part] - parts_[part]->size();
      const size_t count = std::min<size_t>(buffer.size(), ends_[part] - offset);
      RETURN_IF_ERROR(parts_[part]->ReadAt(offset - begin, buffer.first(count)));
      buffer.remove_prefix(count);
      offset += static_cast<int64_t>(count);
    }
    return absl::OkStatus();
  }

  std::vector<ByteSourcePtr> parts_;
  std::vector<int64_t> ends_;
};

absl::Status CheckInside(absl::string_view name, int64_t offset, int64_t size, int64_t limit) {
  if (offset < 0 || size < 0 || offset > limit || size > limit - offset) {
    return absl::DataLossError(absl::StrCat("reading ", name, ": offset ", offset, " + ", size, " exceeds ", limit));
  }
  return absl::OkStatus();
}

// What an open file is; only regular ones have bytes that stay where they are.
absl::StatusOr<struct stat> StatRegularFile(const FileDescriptor& file, absl::string_view name) {
  struct stat stat;
  if (fstat(file.number(), &stat) != 0) return SystemError(errno, "opening", name);
  if (S_ISREG(stat.st_mode)) return stat;
  return absl::FailedPreconditionError(
      absl::StrCat("opening ", name, ": it is ", S_ISDIR(stat.st_mode) ? "a directory" : "no regular file"));
}

}  // namespace

absl::Status ByteSource::ReadAt(int64_t offset, absl::Span<char> buffer) const {
  RETURN_IF_ERROR(CheckInside(name_, offset, static_cast<int64_t>(buffer.size()), size_));
  return buffer.empty() ? absl::OkStatus() : ReadInside(offset, buffer);
}

absl::StatusOr<ByteSourcePtr> OpenFile(const std::string& path) {
  absl::StatusOr<SharedDescriptor> file = OpenDescriptor(path);
  std::error_code no_link;
  const std::filesystem::path target = std::filesystem::read_symlink(path, no_link);
  if (absl::IsNotFound(file.status()) && !no_link) {
    // Who sees the file in a listing would not understand "No such file".
    return absl::NotFoundError(absl::StrCat("opening ", path, ": it is a link to ", target.string(), ", which is not there"));
  }
  if (!file.ok()) return file.status();
  ASSIGN_OR_RETURN(const struct stat stat, StatRegularFile(**file, path));
  auto source = std::make_shared<NamedFileSource>(path, stat);
  OpenFiles::Get().Keep(source.get(), *std::move(file));
  return source;
}

absl::StatusOr<ByteSourcePtr> AdoptFile(int descriptor, std::string name) {
  auto file = std::make_shared<const FileDescriptor>(descriptor);
  ASSIGN_OR_RETURN(const struct stat stat, StatRegularFile(*file, name));
  return std::make_shared<OpenFileSource>(std::move(name), std::move(file), stat);
}

ByteSourcePtr MakeMemorySource(std::string name, std::string bytes) {
  return std::make_shared<MemorySource>(std::move(name), std::move(bytes));
}

absl::StatusOr<ByteSourcePtr> MakeSliceSource(std::string name, ByteSourcePtr source, int64_t offset, int64_t size) {
  RETURN_IF_ERROR(CheckInside(name, offset, size, source->size()));
  return std::make_shared<SliceSource>(std::move(name), std::move(source), offset, size);
}

absl::StatusOr<ByteSourcePtr> MakeJoinedSource(std::string name, std::vector<ByteSourcePtr> parts) {
  std::vector<int64_t> ends;
  ends.reserve(parts.size());
  int64_t end = 0;
  for (const ByteSourcePtr& part : parts) {
    if (__builtin_add_overflow(end, part->size(), &end))
      return absl::DataLossError(absl::StrCat(name, ": the parts have more than 2^63 bytes"));
    ends.push_back(end);
  }
  return std::make_shared<JoinedSource>(std::move(name), std::move(parts), std::move(ends));
}

absl::StatusOr<std::string> ReadAll(const ByteSource& source, int64_t limit) {
  if (source.size() > limit) {
    return absl::ResourceExhaustedError(absl::StrCat(source.name(), " has ", source.size(), " bytes; the limit is ", limit));
  }
  std::string bytes(source.size(), '\0');
  RETURN_IF_ERROR(source.ReadAt(0, absl::MakeSpan(bytes)));
  return bytes;
}

}  // namespace weighbridge
