#ifndef WEIGHBRIDGE_TOOLS_WANTED_WEIGHTS_H_
#define WEIGHBRIDGE_TOOLS_WANTED_WEIGHTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
absl::StatusOr<WeightsLock> WantedWeights(const WeightsRequest& request, const std::optional<WeightsLock>& existing);

// `lock` with those sources of `existing` that it does not have.
WeightsLock WithOtherSources(WeightsLock lock, const std::optional<WeightsLock>& existing);

// The command that merges what was fetched into `into`, and what else is to be done: one line each. Empty when the lock has no purpose.
std::vector<std::string> NextSteps(const WeightsLock& lock, const std::string& into);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_WANTED_WEIGHTS_H_
