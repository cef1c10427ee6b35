#ifndef WEIGHBRIDGE_FUZZ_MESSAGE_TARGETS_H_
#define WEIGHBRIDGE_FUZZ_MESSAGE_TARGETS_H_

#include <string>

#include "absl/status/statusor.h"

namespace weighbridge {

// FuzzTarget::read of what people write in the messages of proto/.

// The text of a recipe, which is also checked.
absl::StatusOr<std::string> FuzzRecipe(const std::string& bytes);

// The text of a weights.lock.
absl::StatusOr<std::string> FuzzWeightsLock(const std::string& bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FUZZ_MESSAGE_TARGETS_H_
