#include "formats/bytes/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace weighbridge {
namespace {

absl::Status SystemError(int error, absl::string_view what, absl::string_view name) {
  const std::string message = absl::StrCat(what, " ", name, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

class FileSource final : public ByteSource {
 public:
  // `has_place` when the file was opened under its name, so that another one in its place is a change.
  FileSource(int descriptor, std::string name, const struct stat& stat, bool has_place)
      : ByteSource(std::move(name), stat.st_size), descriptor_(descriptor), opened_(stat), has_place_(has_place) {}
  ~FileSource() override { close(descriptor_); }

  absl::Status CheckUnchanged() const override {
    struct stat now;
    if (fstat(descriptor_, &now) != 0) return SystemError(errno, "reading", name());
    if (now.st_size != opened_.st_size || now.st_mtim.tv_sec != opened_.st_mtim.tv_sec || now.st_mtim.tv_nsec != opened_.st_mtim.tv_nsec) {
      return absl::AbortedError(absl::StrCat(name(), " changed while it was read"));
    }
    struct stat named;
    if (has_place_ && stat(name().c_str(), &named) == 0 && (named.st_ino != opened_.st_ino || named.st_dev != opened_.st_dev)) {
      return absl::AbortedError(absl::StrCat(name(), " was replaced while it was read"));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    while (!buffer.empty()) {
      const ssize_t count = pread(descriptor_, buffer.data(), std::min(buffer.size(), size_t{1} << 30), offset);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return SystemError(errno, "reading", name());
      if (count == 0)
        return absl::DataLossError(absl::StrCat("reading ", name(), ": it ends at ", offset, ", before its ", size(), " bytes"));
      buffer.remove_prefix(count);
      offset += count;
    }
    return absl::OkStatus();
  }

  int descriptor_;
  struct stat opened_;
  bool has_place_;
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
      if (absl::Status status = part->CheckUnchanged(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    size_t part = std::upper_bound(ends_.begin(), ends_.end(), offset) - ends_.begin();
    for (; !buffer.empty(); ++part) {
      const int64_t begin = ends_[part] - parts_[part]->size();
      const size_t count = std::min<size_t>(buffer.size(), ends_[part] - offset);
      if (absl::Status status = parts_[part]->ReadAt(offset - begin, buffer.first(count)); !status.ok()) return status;
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

// Takes `descriptor` over.
absl::StatusOr<ByteSourcePtr> MakeFileSource(int descriptor, std::string name, bool has_place) {
  struct stat stat;
  absl::Status status;
  if (fstat(descriptor, &stat) != 0) {
    status = SystemError(errno, "opening", name);
  } else if (!S_ISREG(stat.st_mode)) {
    status = absl::FailedPreconditionError(
        absl::StrCat("opening ", name, ": it is ", S_ISDIR(stat.st_mode) ? "a directory" : "no regular file"));
  }
  if (!status.ok()) {
    close(descriptor);
    return status;
  }
  return std::make_shared<FileSource>(descriptor, std::move(name), stat, has_place);
}

}  // namespace

absl::Status ByteSource::ReadAt(int64_t offset, absl::Span<char> buffer) const {
  if (absl::Status status = CheckInside(name_, offset, static_cast<int64_t>(buffer.size()), size_); !status.ok()) return status;
  return buffer.empty() ? absl::OkStatus() : ReadInside(offset, buffer);
}

absl::StatusOr<ByteSourcePtr> OpenFile(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) return MakeFileSource(descriptor, path, /*has_place=*/true);
  const int error = errno;
  std::error_code no_link;
  const std::filesystem::path target = std::filesystem::read_symlink(path, no_link);
  if (error != ENOENT || no_link) return SystemError(error, "opening", path);
  // Who sees the file in a listing would not understand "No such file".
  return absl::NotFoundError(absl::StrCat("opening ", path, ": it is a link to ", target.string(), ", which is not there"));
}

absl::StatusOr<ByteSourcePtr> AdoptFile(int descriptor, std::string name) {
  return MakeFileSource(descriptor, std::move(name), /*has_place=*/false);
}

ByteSourcePtr MakeMemorySource(std::string name, std::string bytes) {
  return std::make_shared<MemorySource>(std::move(name), std::move(bytes));
}

absl::StatusOr<ByteSourcePtr> MakeSliceSource(std::string name, ByteSourcePtr source, int64_t offset, int64_t size) {
  if (absl::Status status = CheckInside(name, offset, size, source->size()); !status.ok()) return status;
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
  if (absl::Status status = source.ReadAt(0, absl::MakeSpan(bytes)); !status.ok()) return status;
  return bytes;
}

}  // namespace weighbridge
