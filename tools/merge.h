#ifndef WEIGHBRIDGE_TOOLS_MERGE_H_
#define WEIGHBRIDGE_TOOLS_MERGE_H_

#include <map>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tools/conversion.h"

namespace weighbridge {

struct MergeOptions {
  std::string recipe;                          // An embedded name or a file.
  std::map<std::string, std::string> sources;  // ID to path.
  ConversionRequest request;
};

// Makes the checkpoint that the recipe describes and, unless `verify` is off, manifest.binpb beside it. InvalidArgument when there is no
// folder though something is to be written; otherwise as RunConversion.
absl::StatusOr<bool> Merge(const MergeOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_MERGE_H_
