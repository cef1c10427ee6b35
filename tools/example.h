#ifndef WEIGHBRIDGE_TOOLS_EXAMPLE_H_
#define WEIGHBRIDGE_TOOLS_EXAMPLE_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/merge.h"

namespace weighbridge {

// The example weights that the repository carries: sources of recipe minigpt4, ID to path. Empty where the program stands alone.
struct Example {
  std::map<std::string, std::string> sources;
};

// Call before the program changes its folder.
Example FindExample(absl::string_view argv0);

// Sets sources and a new folder below the system's temporary one as the save_path. NotFound when there is no example.
absl::Status UseExample(const Example& example, MergeOptions& options);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_EXAMPLE_H_
