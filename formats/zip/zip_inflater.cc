#include "formats/zip/zip_inflater.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/zip/zip_handle.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {
namespace {

// For messages; it has no path.
constexpr absl::string_view kFile = "a temporary file for inflated data";

absl::StatusOr<FileDescriptor> OpenTemporaryFile() {
  std::error_code ignored;
  std::string folder = std::filesystem::temp_directory_path(ignored).string();
  if (folder.empty()) folder = "/tmp";
  FileDescriptor file(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    // Not every file system knows nameless files.
    std::string path = absl::StrCat(folder, "/weighbridge.XXXXXX");
    file = FileDescriptor(mkostemp(path.data(), O_CLOEXEC));
    if (!file.is_open()) return SystemError(errno, "making", kFile);
    unlink(path.c_str());
  }
  return file;
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

absl::StatusOr<int64_t> ZipInflater::Inflate(const ZipMember& member) {
  absl::MutexLock lock(&mutex_);
  if (!file_.is_open()) {
    ASSIGN_OR_RETURN(file_, OpenTemporaryFile());
  }
  int64_t position = end_;
  RETURN_IF_ERROR(zip_->Inflate(member, [this, &position](absl::Span<const char> bytes) {
    absl::Status written = WriteAt(file_.number(), kFile, position, {bytes.data(), bytes.size()});
    position += static_cast<int64_t>(bytes.size());
    return written;
  }));
  const int64_t begin = std::exchange(end_, position);
  return begin;
}

absl::StatusOr<std::string> ZipInflater::Head(const ZipMember& member, int64_t size) {
  absl::MutexLock lock(&mutex_);
  std::string head;
  absl::Status status = zip_->Inflate(member, [&head, size](absl::Span<const char> bytes) {
    head.append(bytes.data(), std::min<int64_t>(bytes.size(), size - static_cast<int64_t>(head.size())));
    return static_cast<int64_t>(head.size()) < size ? absl::OkStatus() : absl::CancelledError("enough");
  });
  if (!status.ok() && !absl::IsCancelled(status)) return status;
  return head;
}

absl::Status ZipInflater::ReadAt(int64_t offset, absl::Span<char> buffer) const {
  ASSIGN_OR_RETURN(const size_t count, weighbridge::ReadAt(file_.number(), kFile, offset, buffer));
  return count == buffer.size() ? absl::OkStatus() : absl::DataLossError(absl::StrCat(kFile, " was cut short"));
}

ByteSourcePtr MakeInflatedSource(std::shared_ptr<ZipInflater> inflater, ByteSourcePtr file, const ZipMember& member) {
  return std::make_shared<InflatedSource>(std::move(inflater), std::move(file), member);
}

}  // namespace weighbridge
