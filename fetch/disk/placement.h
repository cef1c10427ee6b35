#ifndef WEIGHBRIDGE_FETCH_DISK_PLACEMENT_H_
#define WEIGHBRIDGE_FETCH_DISK_PLACEMENT_H_

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "base/relative_path.h"

namespace weighbridge {

// Where the bytes of a file are kept: in the user's folder, or in a cache that others share.
struct Placement {
  std::string path;     // When finished.
  std::string partial;  // Until then, in the same folder.
  std::string lock;     // Held meanwhile.
  bool keep_lock = false;
};

Placement PlaceAt(const std::string& path);

// The folder that `path` lies in; empty where it names none.
std::string FolderOf(const std::string& path);

// Makes a folder with its parents. Fails as DiskError does, naming it.
absl::Status MakeFolder(const std::string& path);

// Makes `folder` and, below it, the folders of `path`. FailedPrecondition: one of the latter is a link: what is fetched stays below the
// folder that the user named.
absl::Status MakeFoldersOf(const std::string& folder, const RelativePath& path);

// Makes a file at `path`, in place of what stands there, with the bytes of the file `existing`: a reflink where the file system knows that,
// else a copy, so that whoever edits one of them leaves the other as it is. Not twice at a time for one path; what is there appears in one
// step. ResourceExhausted: the disk is full; Cancelled when `stop` was set; otherwise fails as OpenRegularFile does.
absl::Status CopyFile(const std::string& existing, const std::string& path, const std::atomic<bool>& stop);

// Makes the symbolic link `path`, in place of what stands there.
absl::Status MakeSymlink(const std::string& target, const std::string& path);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DISK_PLACEMENT_H_
