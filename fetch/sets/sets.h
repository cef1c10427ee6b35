#ifndef WEIGHBRIDGE_FETCH_SETS_SETS_H_
#define WEIGHBRIDGE_FETCH_SETS_SETS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// The set of that name among the embedded ones, or else the lock in the file at that path. NotFound when it is neither, listing the names;
// otherwise fails as ReadWeightsLock does.
absl::StatusOr<WeightsLock> LoadSet(absl::string_view name_or_path);

// What the embedded sets know of an address that no longer holds its files, as a clause for a message: "…; hf://… has them". "" when
// they know nothing.
std::string AdviceOn(absl::string_view uri);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_SETS_SETS_H_
