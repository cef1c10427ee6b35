#ifndef WEIGHBRIDGE_FETCH_PLACEMENT_H_
#define WEIGHBRIDGE_FETCH_PLACEMENT_H_

#include <string>

#include "absl/status/status.h"

namespace weighbridge {

// Where the bytes of a file are kept: in the user's folder, or in a cache that others share.
struct Placement {
  std::string path;     // When finished.
  std::string partial;  // Until then, in the same folder.
  std::string lock;     // Held meanwhile.
  bool keep_lock = false;
};

Placement PlaceAt(const std::string& path);

// Makes a folder with its parents. PermissionDenied or FailedPrecondition, naming it.
absl::Status MakeFolder(const std::string& path);

// Lets `path` stand for the same bytes as the file `existing`, in place of what stands there: as a hard link, or as a symbolic one where
// the file system asks for that.
absl::Status LinkFile(const std::string& existing, const std::string& path);

// Makes the symbolic link `path`, in place of what stands there.
absl::Status MakeSymlink(const std::string& target, const std::string& path);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_PLACEMENT_H_
