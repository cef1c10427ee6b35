#ifndef WEIGHBRIDGE_TOOLS_FETCH_H_
#define WEIGHBRIDGE_TOOLS_FETCH_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fetch/lock/wanted_weights.h"
#include "tools/fetch_environment.h"
#include "tools/tool.h"

namespace weighbridge {

struct FetchToolOptions {
  WeightsRequest request;
  std::string into;  // The folder.
  std::string lock;  // Empty for weights.lock in the folder.
  bool check = false;
  bool dry_run = false;
  bool offline = false;
  bool overwrite = false;
  bool symlink = false;       // Files of caches are linked to instead of copied.
  bool require_hash = false;  // A file whose hash nobody states is a failure.
  bool json = false;
  bool verbose = false;
  int64_t limit_rate = 0;  // Bytes per second, 0 for no limit.
  int streams = 4;         // Of one file.
  int64_t segment_size = int64_t{32} << 20;
  absl::Duration stall_timeout = absl::Seconds(30);
  absl::Duration retry_wait = absl::Seconds(1);
  std::string drive_endpoint;
  FetchEnvironment environment;
  CommonOptions common;
};

// Fetches what is asked for into the folder, and writes the lock. With `check`: compares the folder with its lock; no when something is
// missing, extra or damaged. Results go to `out`, one line per file, or one JSON object.
absl::StatusOr<bool> Fetch(const FetchToolOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_FETCH_H_
