#ifndef WEIGHBRIDGE_BASE_FILE_DESCRIPTOR_H_
#define WEIGHBRIDGE_BASE_FILE_DESCRIPTOR_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {

// A file that this program has open, or none; closed when the owner goes.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor();

  bool is_open() const { return number_ >= 0; }
  // Negative where none is open.
  int number() const { return number_; }

 private:
  int number_ = -1;
};

// "DOING PATH: WHAT THE SYSTEM SAYS", e.g. "reading a/b: No such file or directory", with the code of absl::ErrnoToStatusCode: NotFound,
// PermissionDenied, ResourceExhausted (no room on the disk, no descriptor), FailedPrecondition (a folder where a file is expected), …;
// but ResourceExhausted for a file that is too large for the disk, and Unavailable for what absl does not know, as EIO.
absl::Status SystemError(int error_number, absl::string_view doing, absl::string_view path);

// Reads bytes at `offset` until the buffer is full or the file ends, and returns how many were read. `path` is for messages. Fails as
// SystemError.
absl::StatusOr<size_t> ReadAt(int descriptor, absl::string_view path, int64_t offset, absl::Span<char> buffer);

// Writes all bytes at `offset`. Fails as SystemError; a part may have been written then.
absl::Status WriteAt(int descriptor, absl::string_view path, int64_t offset, absl::string_view bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_FILE_DESCRIPTOR_H_
