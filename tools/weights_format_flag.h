#ifndef WEIGHBRIDGE_TOOLS_WEIGHTS_FORMAT_FLAG_H_
#define WEIGHBRIDGE_TOOLS_WEIGHTS_FORMAT_FLAG_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "formats/directory/checkpoint_layout.h"

namespace weighbridge {

// A container as a flag: "torch", "safetensors", "pdparams"; empty for none.
struct WeightsFormatFlag {
  std::optional<WeightsFormat> format;
};

bool AbslParseFlag(absl::string_view text, WeightsFormatFlag* flag, std::string* error);
std::string AbslUnparseFlag(const WeightsFormatFlag& flag);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_WEIGHTS_FORMAT_FLAG_H_
