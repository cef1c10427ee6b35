#include "tools/weights_format_flag.h"

#include <string>

#include "absl/strings/string_view.h"
#include "formats/directory/checkpoint_layout.h"

namespace weighbridge {

bool AbslParseFlag(absl::string_view text, WeightsFormatFlag* flag, std::string* error) {
  flag->format = ParseWeightsFormat(text);
  if (flag->format.has_value() || text.empty()) return true;
  *error = "expected torch, safetensors or pdparams";
  return false;
}

std::string AbslUnparseFlag(const WeightsFormatFlag& flag) {
  return flag.format.has_value() ? std::string(WeightsFormatName(*flag.format)) : "";
}

}  // namespace weighbridge
