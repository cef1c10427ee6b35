#ifndef WEIGHBRIDGE_TOOLS_VERIFY_H_
#define WEIGHBRIDGE_TOOLS_VERIFY_H_

#include <map>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tools/tool.h"

namespace weighbridge {

struct VerifyOptions {
  std::string merged;                          // A checkpoint, whoever wrote it.
  std::string recipe;                          // An embedded name or a file.
  std::map<std::string, std::string> sources;  // ID to path.
  std::string manifest_out;                    // A file; empty for none.
  bool overwrite = false;
  CommonOptions common;
};

// Judges `merged` against the sources by the recipe: yes when every tensor is there, in order, bit for bit; otherwise no, with what differs
// on `out`, also when the file cannot be read as a checkpoint. Writes the manifest whatever the answer, unless there was nothing to
// compare.
absl::StatusOr<bool> Verify(const VerifyOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_VERIFY_H_
