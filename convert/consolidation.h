#ifndef WEIGHBRIDGE_CONVERT_CONSOLIDATION_H_
#define WEIGHBRIDGE_CONVERT_CONSOLIDATION_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// The id of the one source of a consolidation.
inline constexpr char kConsolidatedSource[] = "model";

// How a checkpoint becomes one file.
struct Consolidation {
  Recipe recipe;
  std::string recipe_name;  // As the user may give it: an embedded name, a file, or "none".
  std::string reason;       // Why it is that recipe.
  bool is_copy = false;     // Whether it takes all tensors as they are: "none".
};

// By the recipe that the user names; where that is empty, by the embedded recipe for the architecture that config.json names, if it has a
// rule for every tensor (a quantized LLaMA is a LlamaForCausalLM by its config too), else "none". All floating-point tensors become
// `dtype`, or each keeps its own.
//
// Unimplemented when `dtype` is given and the checkpoint holds 8-bit floats, whose values mean something only together with scales, which a
// cast would not touch; otherwise fails as LoadRecipe.
absl::StatusOr<Consolidation> ChooseConsolidation(const Checkpoint& checkpoint, const std::string& recipe_name, std::optional<DType> dtype);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_CONSOLIDATION_H_
