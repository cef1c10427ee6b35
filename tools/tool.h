#ifndef WEIGHBRIDGE_TOOLS_TOOL_H_
#define WEIGHBRIDGE_TOOLS_TOOL_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "convert/resources.h"
#include "tools/byte_count.h"
#include "tools/command_line.h"

namespace weighbridge {

// What all tools share: the flags --threads and --quiet, and how a program begins and ends.

struct CommonOptions {
  Resources resources;  // Ctrl-C sets `stop`; long steps stop then and nothing remains.
  bool quiet = false;   // No progress on stderr.
};

// The common flags' values and the tool's own --memory, whose default differs. InvalidArgument when one makes no sense.
absl::StatusOr<CommonOptions> GetCommonOptions(ByteCount memory);

// The body of every main: parses the command line, goes to the folder where the user stands (`bazel run` starts programs elsewhere),
// prints `usage` with all flags for --help, or else calls `run`, whose answer is yes or no. Returns the exit code: 0 yes (or help), 1 no,
// 2 for a failure, which is printed as one line on stderr; also when the system gives no more memory or threads. What is written to
// std::cout meanwhile passes a PrintableStream.
int RunTool(int argc, char** argv, absl::string_view usage, absl::FunctionRef<absl::StatusOr<bool>(const CommandLine&)> run);

// The path of a file of this repository that a tool carries along as `data`, or "" when it is not there. Call before RunTool, which changes
// the folder. `path` from the workspace's root.
std::string FindRunfile(absl::string_view argv0, absl::string_view path);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_TOOL_H_
