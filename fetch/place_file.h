#ifndef WEIGHBRIDGE_FETCH_PLACE_FILE_H_
#define WEIGHBRIDGE_FETCH_PLACE_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "fetch/disk/placement.h"
#include "fetch/fetch_options.h"
#include "fetch/resolve.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// The source itself stated a hash of the file just now: others may be told that these are its bytes.
bool IsStated(const FileTask& task);

// Where the bytes of a task are kept: in a cache that would look for them, unless they may come from somewhere else, or at the target.
// InvalidArgument: a name in the lock is not one that ParseTargetPath takes. Otherwise fails as Md5Of does.
absl::StatusOr<Placement> PlaceFor(const FileTask& task, const WeightsSource& source, const FetchOptions& options);

// Room that is still needed for `task`, and the file system where: 0 when it is there.
struct NeededSpace {
  int64_t bytes = 0;
  std::string folder;  // The nearest one that exists.
};
struct TaskSpace {
  NeededSpace fetched;  // For what is to be fetched.
  NeededSpace copied;   // For the copy beside, when that is kept in a cache.
};
TaskSpace SpaceFor(const FileTask& task, const WeightsSource& source, const FetchOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_PLACE_FILE_H_
