#ifndef WEIGHBRIDGE_FUZZ_COMPILE_TARGET_H_
#define WEIGHBRIDGE_FUZZ_COMPILE_TARGET_H_

#include <string>

#include "absl/status/statusor.h"

namespace weighbridge {

// FuzzTarget::read of a recipe's text: the plan that it makes of a small model and of a delta to it, which stand in turn for the sources
// that it names. Within limits that a second of work cannot reach.
absl::StatusOr<std::string> FuzzCompile(const std::string& bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FUZZ_COMPILE_TARGET_H_
