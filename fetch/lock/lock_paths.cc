#include "fetch/lock/lock_paths.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/relative_path.h"
#include "fetch/lock/target_path.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

std::string PathOf(const WeightsSource& source, const LockedFile& file) {
  return absl::StrCat(source.folder(), source.folder().empty() ? "" : "/", file.path());
}

absl::StatusOr<RelativePath> TargetOf(const WeightsSource& source, const LockedFile& file) {
  return ParseTargetPath(PathOf(source, file));
}

}  // namespace weighbridge
