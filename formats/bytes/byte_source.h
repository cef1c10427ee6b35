#ifndef WEIGHBRIDGE_FORMATS_BYTES_BYTE_SOURCE_H_
#define WEIGHBRIDGE_FORMATS_BYTES_BYTE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {

// A fixed run of bytes that can be read at any offset: a file, memory, a part of another source, or bytes that a format stores encoded
// and that a subclass decodes. Nobody above sees the difference. Immutable and thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Bytes.
  int64_t size() const { return size_; }

  // For messages: the path of a file, "PATH: member data/0" and the like for what lies inside one.
  const std::string& name() const { return name_; }

  // Fills `buffer` with the bytes from `offset` on. DataLoss, naming the source, when the range does not lie inside it or the bytes
  // behind it are damaged or gone (a file that was truncated meanwhile); as SystemError when the system cannot read. On failure
  // the buffer's contents are unspecified.
  absl::Status ReadAt(int64_t offset, absl::Span<char> buffer) const;

  // Aborted when what the source reads from is no longer what it was when it was opened (a file of another size, time or identity).
  virtual absl::Status CheckUnchanged() const { return absl::OkStatus(); }

 protected:
  ByteSource(std::string name, int64_t size) : name_(std::move(name)), size_(size) {}

 private:
  // As ReadAt; 0 <= offset, and offset + buffer.size() <= size() without overflow.
  virtual absl::Status ReadInside(int64_t offset, absl::Span<char> buffer) const = 0;

  std::string name_;
  int64_t size_;
};

using ByteSourcePtr = std::shared_ptr<const ByteSource>;

// Bytes [offset, offset + size) of `source`, which lie inside it.
struct SourceRange {
  ByteSourcePtr source;
  int64_t offset = 0;
  int64_t size = 0;
};

// The regular file at `path`, read by pread. NotFound, PermissionDenied or FailedPrecondition (a directory, a pipe).
absl::StatusOr<ByteSourcePtr> OpenFile(const std::string& path);

// As OpenFile, over a descriptor that the source takes over. `name` is for messages only: what else stands under it does not matter.
absl::StatusOr<ByteSourcePtr> AdoptFile(int descriptor, std::string name);

// Bytes in memory.
ByteSourcePtr MakeMemorySource(std::string name, std::string bytes);

// `size` bytes of `source` from `offset` on, under another name. DataLoss when they do not lie inside it.
absl::StatusOr<ByteSourcePtr> MakeSliceSource(std::string name, ByteSourcePtr source, int64_t offset, int64_t size);

// The bytes of `parts`, one after the other. DataLoss when the sum of sizes exceeds int64.
absl::StatusOr<ByteSourcePtr> MakeJoinedSource(std::string name, std::vector<ByteSourcePtr> parts);

// All bytes. ResourceExhausted when there are more than `limit`; otherwise fails as ReadAt does.
absl::StatusOr<std::string> ReadAll(const ByteSource& source, int64_t limit);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_BYTES_BYTE_SOURCE_H_
