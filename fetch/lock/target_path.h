#ifndef WEIGHBRIDGE_FETCH_LOCK_TARGET_PATH_H_
#define WEIGHBRIDGE_FETCH_LOCK_TARGET_PATH_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/relative_path.h"

namespace weighbridge {

// The name of the lock that a fetch leaves in the folder of what it fetched.
inline constexpr char kLockName[] = "weights.lock";

// A name that a listing, a header or a lock gives to a file that shall lie below a folder of ours. InvalidArgument: it is not a
// RelativePath, or a part of it is, in whatever case, a name of our own: weights.lock, what we write meanwhile (.part, .part.journal,
// .part.lock, hidden .partial) or keep aside (.bad); or .git, whose files are commands to git.
absl::StatusOr<RelativePath> ParseTargetPath(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_LOCK_TARGET_PATH_H_
