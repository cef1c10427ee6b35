#ifndef WEIGHBRIDGE_TOOLS_CONSOLIDATE_H_
#define WEIGHBRIDGE_TOOLS_CONSOLIDATE_H_

#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/tensor_spec.h"
#include "tools/conversion.h"

namespace weighbridge {

struct ConsolidateOptions {
  std::string model;
  std::string output;
  std::optional<DType> dtype;           // Of all floating-point tensors; nothing: each keeps its own.
  std::string recipe;                   // As ChooseConsolidation takes it.
  std::optional<WeightsFormat> format;  // Nothing: by the output's name.
  ConversionRequest request;            // Of its format, folder and name of a file nothing is asked.
};

// Makes one file of any checkpoint, and tells on `out` by which recipe and why. InvalidArgument when a path is missing; otherwise as
// RunConversion.
absl::StatusOr<bool> Consolidate(const ConsolidateOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_CONSOLIDATE_H_
