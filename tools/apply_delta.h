#ifndef WEIGHBRIDGE_TOOLS_APPLY_DELTA_H_
#define WEIGHBRIDGE_TOOLS_APPLY_DELTA_H_

#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "formats/directory/checkpoint_layout.h"
#include "tools/conversion.h"

namespace weighbridge {

struct ApplyDeltaOptions {
  std::string recipe;  // An embedded name or a file; its sources are base and delta.
  std::string base;
  std::string delta;
  std::optional<WeightsFormat> format;  // Torch or safetensors; nothing: the base's.
  ConversionRequest request;            // Its folder is the target; of its format nothing is asked.
};

// Makes the model directory that FastChat's apply_delta makes: weights in shards with their index, config.json, generation_config.json and
// the tokenizer's files, and, unless `verify` is off, manifest.binpb. InvalidArgument when a path is missing; otherwise as RunConversion.
absl::StatusOr<bool> ApplyDelta(const ApplyDeltaOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_APPLY_DELTA_H_
