#ifndef WEIGHBRIDGE_FETCH_FETCH_FOLDER_H_
#define WEIGHBRIDGE_FETCH_FETCH_FOLDER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fetch/fetch_file.h"
#include "fetch/lock/queries.h"
#include "fetch/lock/wanted_weights.h"
#include "fetch/resolve.h"
#include "fetch/session.h"
#include "proto/weights_lock.pb.h"

// A run of fetch from a request to a folder with its lock, in three steps: what is wanted, where it comes from, the files.

namespace weighbridge {

// What a folder is to hold.
struct WantedFolder {
  std::string folder;
  std::string lock_path;
  WeightsLock lock;                     // What is asked for. ResolveFolder and FetchFolder add what they learn.
  std::optional<WeightsLock> existing;  // What lay at `lock_path`.
  Queries queries;                      // Of all addresses.
};

// Reads the lock at `lock_path`, if there is one, and merges the request with it; no network. Fails as ReadWeightsLock and WantedWeights
// do.
absl::StatusOr<WantedFolder> ReadWanted(const WeightsRequest& request, const std::string& folder, const std::string& lock_path);

// The lock that the folder has after the run: what is wanted, and what else lies there.
WeightsLock WholeLock(const WantedFolder& wanted);

// Asks the sources for what the lock does not say; writes nothing. Fails as ResolveLock does, with what the sets know of dead addresses;
// FailedPrecondition: `require_hash`, and nobody states a hash of some file.
absl::StatusOr<std::vector<FileTask>> ResolveFolder(WantedFolder& wanted, const Session& session, bool require_hash);

// Bytes that are still to be fetched for each task.
std::vector<int64_t> NeededBytes(const WantedFolder& wanted, const std::vector<FileTask>& tasks, const Session& session);

struct FetchEvents {
  std::function<void(int64_t bytes)> on_begin;  // There is room for all files; so many bytes are to be there in the end.
  std::function<void(const FileTask&, const absl::StatusOr<FetchedFile>&)> on_file;  // What came of each file, in the tasks' order.
};

// Fetches the files of a resolved folder and writes the lock: once before, so that an interrupted run goes on with the same commits, and
// once after, with all that was learned. Fails as CheckSpace, MakeFolder, TargetLock::Acquire, FetchAll and
// WriteWeightsLock do; Cancelled: the same request goes on later.
absl::Status FetchFolder(WantedFolder& wanted, const std::vector<FileTask>& tasks, const Session& session, const FetchEvents& events);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_FETCH_FOLDER_H_
