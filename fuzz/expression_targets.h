#ifndef WEIGHBRIDGE_FUZZ_EXPRESSION_TARGETS_H_
#define WEIGHBRIDGE_FUZZ_EXPRESSION_TARGETS_H_

#include <string>

#include "absl/status/statusor.h"

namespace weighbridge {

// FuzzTarget::read of what stands in no file: an expression over small tensors that bytes choose, and its boxes beside its definition.
// Internal where these differ; Unimplemented for reshapes that no loops can follow.
absl::StatusOr<std::string> FuzzNormalForm(const std::string& bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FUZZ_EXPRESSION_TARGETS_H_
