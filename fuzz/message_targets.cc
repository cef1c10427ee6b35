#include "fuzz/message_targets.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "fetch/lock/lock_file.h"
#include "proto/recipe.pb.h"
#include "proto/weights_lock.pb.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"

namespace weighbridge {

absl::StatusOr<std::string> FuzzRecipe(const std::string& bytes) {
  ASSIGN_OR_RETURN(const Recipe recipe, ParseRecipe(bytes, "input"));
  RETURN_IF_ERROR(ValidateRecipe(recipe));
  return recipe.SerializeAsString();
}

absl::StatusOr<std::string> FuzzWeightsLock(const std::string& bytes) {
  ASSIGN_OR_RETURN(const WeightsLock lock, ParseWeightsLock(bytes, "input"));
  return lock.SerializeAsString();
}

}  // namespace weighbridge
