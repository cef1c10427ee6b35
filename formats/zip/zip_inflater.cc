#include "formats/zip/zip_inflater.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/zip/zip_handle.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {
namespace {

absl::Status SystemError(int error, absl::string_view what) {
  const std::string message = absl::StrCat(what, " a temporary file for inflated data: ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT || error == EMFILE ? absl::ResourceExhaustedError(message) : absl::UnavailableError(message);
}

absl::StatusOr<int> OpenTemporaryFile() {
  std::error_code ignored;
  std::string folder = std::filesystem::temp_directory_path(ignored).string();
  if (folder.empty()) folder = "/tmp";
  int descriptor = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    // Not every file system knows nameless files.
    std::string path = absl::StrCat(folder, "/weighbridge.XXXXXX");
    descriptor = mkostemp(path.data(), O_CLOEXEC);
    if (descriptor < 0) return SystemError(errno, "making");
    unlink(path.c_str());
  }
  return descriptor;
}

absl::Status WriteAll(int descriptor, int64_t offset, absl::Span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(errno, "writing");
    bytes.remove_prefix(count);
    offset += count;
  }
  return absl::OkStatus();
}

class InflatedSource final : public ByteSource {
 public:
  InflatedSource(std::shared_ptr<ZipInflater> inflater, ByteSourcePtr file, const ZipMember& member)
      : ByteSource(absl::StrCat(file->name(), ": ", Label(member)), member.size),
        inflater_(std::move(inflater)),
        file_(std::move(file)),
        member_(member) {}

  absl::Status CheckUnchanged() const override { return file_->CheckUnchanged(); }

 private:
  absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const override {
    std::call_once(inflated_, [this] { begin_ = inflater_->Inflate(member_); });
    if (!begin_.ok()) return Annotate(begin_.status(), absl::StrCat("reading ", name()));
    return inflater_->ReadAt(*begin_ + offset, buffer);
  }

  std::shared_ptr<ZipInflater> inflater_;
  ByteSourcePtr file_;
  ZipMember member_;
  mutable std::once_flag inflated_;
  mutable absl::StatusOr<int64_t> begin_ = 0;  // In the inflater's file.
};

}  // namespace

ZipInflater::~ZipInflater() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<int64_t> ZipInflater::Inflate(const ZipMember& member) {
  absl::MutexLock lock(&mutex_);
  if (descriptor_ < 0) {
    ASSIGN_OR_RETURN(int descriptor, OpenTemporaryFile());
    descriptor_ = descriptor;
  }
  int64_t position = end_;
  RETURN_IF_ERROR(zip_->Inflate(member, [this, &position](absl::Span<const char> bytes) {
    absl::Status written = WriteAll(descriptor_, position, bytes);
    position += static_cast<int64_t>(bytes.size());
    return written;
  }));
  const int64_t begin = std::exchange(end_, position);
  return begin;
}

absl::StatusOr<std::string> ZipInflater::Head(const ZipMember& member, int64_t size) {
  absl::MutexLock lock(&mutex_);
  std::string head;
  const absl::Status status = zip_->Inflate(member, [&head, size](absl::Span<const char> bytes) {
    head.append(bytes.data(), std::min<int64_t>(bytes.size(), size - static_cast<int64_t>(head.size())));
    return static_cast<int64_t>(head.size()) < size ? absl::OkStatus() : absl::CancelledError("enough");
  });
  if (!status.ok() && !absl::IsCancelled(status)) return status;
  return head;
}

absl::Status ZipInflater::ReadAt(int64_t offset, absl::Span<char> buffer) const {
  while (!buffer.empty()) {
    const ssize_t count = pread(descriptor_, buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(errno, "reading");
    if (count == 0) return absl::DataLossError("a temporary file for inflated data was cut short");
    buffer.remove_prefix(count);
    offset += count;
  }
  return absl::OkStatus();
}

ByteSourcePtr MakeInflatedSource(std::shared_ptr<ZipInflater> inflater, ByteSourcePtr file, const ZipMember& member) {
  return std::make_shared<InflatedSource>(std::move(inflater), std::move(file), member);
}

}  // namespace weighbridge
