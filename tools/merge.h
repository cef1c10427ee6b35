#ifndef WEIGHBRIDGE_TOOLS_MERGE_H_
#define WEIGHBRIDGE_TOOLS_MERGE_H_

#include <map>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tools/tool.h"

namespace weighbridge {

struct MergeOptions {
  std::string recipe;                          // An embedded name or a file.
  std::map<std::string, std::string> sources;  // ID to path.
  std::string save_path;                       // A folder; created where it is missing.
  bool verify = true;
  bool dry_run = false;  // Prints what would be made, and stops.
  std::string explain;   // An RE2: prints the expression of each output whose name it matches in part; empty for none.
  bool overwrite = false;
  CommonOptions common;
};

// Makes SAVE_PATH/model_state.pdparams of the sources by the recipe and, unless `verify` is off, judges what was written before it gets its
// name; then SAVE_PATH/manifest.binpb stands beside it. Yes when the result stands there (or, for a dry run and for an explanation without
// a save_path, when it could be made); no, with what differs on `out`, when it was not what the recipe says, and then nothing was
// published. Every failure leaves all files as they were.
absl::StatusOr<bool> Merge(const MergeOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_MERGE_H_
