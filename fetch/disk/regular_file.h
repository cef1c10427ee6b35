#ifndef WEIGHBRIDGE_FETCH_DISK_REGULAR_FILE_H_
#define WEIGHBRIDGE_FETCH_DISK_REGULAR_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/file_descriptor.h"

namespace weighbridge {

// Whether a link as the last part of a path is followed: in the user's folders yes, in caches, where nothing of ours is one, no.
enum class Links { kFollow, kRefuse };

// Opens the file at `path` for reading. Never blocks: a FIFO, a device or a folder is not a file. NotFound; PermissionDenied;
// FailedPrecondition: it is not a file, or a link that is refused; otherwise as DiskError.
absl::StatusOr<FileDescriptor> OpenRegularFile(const std::string& path, Links links);

// All of a small file. Fails as OpenRegularFile does; ResourceExhausted: it has more than `limit` bytes.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, int64_t limit);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DISK_REGULAR_FILE_H_
