#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_INFLATER_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_INFLATER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "base/file_descriptor.h"
#include "formats/bytes/byte_source.h"
#include "formats/zip/zip_handle.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {

// Inflates members of one archive into one temporary file, which has no name in any folder and is gone with this object. Thread-safe.
class ZipInflater {
 public:
  // Over a handle that is open.
  explicit ZipInflater(std::unique_ptr<ZipHandle> zip) : zip_(std::move(zip)) {}

  // Appends the inflated bytes of `member`, which is deflated, to the temporary file; returns where they begin. Fails as
  // ZipHandle::Inflate; as SystemError when the file cannot be made or written: ResourceExhausted when the disk is full.
  absl::StatusOr<int64_t> Inflate(const ZipMember& member);

  // The first `size` bytes of what `member`, which is deflated, inflates to, or all where it has fewer; nothing is kept. Fails as
  // ZipHandle::Inflate, for what is inflated: a damage behind goes unseen.
  absl::StatusOr<std::string> Head(const ZipMember& member, int64_t size);

  // Fills `buffer` from the temporary file; the range was inflated.
  absl::Status ReadAt(int64_t offset, absl::Span<char> buffer) const;

 private:
  absl::Mutex mutex_;
  std::unique_ptr<ZipHandle> zip_ ABSL_GUARDED_BY(mutex_);
  int64_t end_ ABSL_GUARDED_BY(mutex_) = 0;
  // Made by the first Inflate; whoever reads has seen one return.
  FileDescriptor file_;
};

// The bytes of `member`, inflated whole when the first of them is read, once. `file` is the archive.
ByteSourcePtr MakeInflatedSource(std::shared_ptr<ZipInflater> inflater, ByteSourcePtr file, const ZipMember& member);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_INFLATER_H_
