#ifndef WEIGHBRIDGE_TOOLS_CONSOLIDATE_H_
#define WEIGHBRIDGE_TOOLS_CONSOLIDATE_H_

#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "formats/tensor_spec.h"
#include "tools/conversion.h"

namespace weighbridge {

struct ConsolidateOptions {
  std::string model;
  std::string output;
  std::optional<DType> dtype;  // Of all floating-point tensors; nothing: each keeps its own.
  // An embedded name or a file, with one source, "model"; "none": all tensors as they are; empty: the embedded recipe for the architecture
  // that config.json names, if it has a rule for every tensor, else none.
  std::string recipe;
  // `format` is by the output's name unless it is given; folder and file_name are those of `output`.
  ConversionOptions conversion;
};

// Makes one file of any checkpoint, and tells on `out` by which recipe and why. InvalidArgument when a path is missing; otherwise as
// Convert.
absl::StatusOr<bool> Consolidate(const ConsolidateOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_CONSOLIDATE_H_
