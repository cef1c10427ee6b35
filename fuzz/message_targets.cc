#include "fuzz/message_targets.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "fetch/lock_file.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "proto/weights_lock.pb.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {

absl::StatusOr<std::string> FuzzRecipe(const std::string& bytes) {
  ASSIGN_OR_RETURN(const Recipe recipe, ParseRecipe(bytes, "input"));
  RETURN_IF_ERROR(ValidateRecipe(recipe));
  return recipe.SerializeAsString();
}

absl::StatusOr<std::string> FuzzManifest(const std::string& bytes) {
  ASSIGN_OR_RETURN(const Manifest manifest, ParseManifest(bytes));
  return absl::StrCat(IsAccepted(manifest), Summary(manifest), absl::StrJoin(Findings(manifest), "\n"), SerializeManifest(manifest));
}

absl::StatusOr<std::string> FuzzWeightsLock(const std::string& bytes) {
  ASSIGN_OR_RETURN(const WeightsLock lock, ParseWeightsLock(bytes, "input"));
  return lock.SerializeAsString();
}

}  // namespace weighbridge
