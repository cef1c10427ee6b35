#ifndef WEIGHBRIDGE_FETCH_LOCK_WANTED_WEIGHTS_H_
#define WEIGHBRIDGE_FETCH_LOCK_WANTED_WEIGHTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fetch/lock/queries.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// What a command line asks for.
struct WeightsRequest {
  std::vector<std::string> uris;
  std::string set;       // A name or a file.
  std::string revision;  // For addresses of the hub that have none.
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

// The request as a lock: sources that `existing` knows as it pins them, others as they are asked for. A request of nothing means all of
// `existing`. Several repositories or folders at once get a folder each, of their name. InvalidArgument for a request that makes no
// sense; DataLoss when a set and `existing` state different hashes; NotFound when nothing is asked for and there is no lock.
// Queries of addresses go into `queries`, and no further.
absl::StatusOr<WeightsLock> WantedWeights(const WeightsRequest& request, const std::optional<WeightsLock>& existing, Queries& queries);

// `lock` with those sources and files of `existing` that it does not have: a path that both name is `lock`'s.
WeightsLock WithOtherSources(WeightsLock lock, const std::optional<WeightsLock>& existing);

// What is to be done with what was fetched into a folder.
struct NextSteps {
  std::string command;             // Quoted for a shell; empty when the lock names no recipe.
  std::vector<std::string> notes;  // Sentences for a person, paths in them quoted likewise.
};
NextSteps NextStepsOf(const WeightsLock& lock, const std::string& into);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_LOCK_WANTED_WEIGHTS_H_
