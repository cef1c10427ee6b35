#ifndef WEIGHBRIDGE_FUZZ_TARGET_H_
#define WEIGHBRIDGE_FUZZ_TARGET_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {

// What damaged bytes are fed to: one reader or parser, used as its users use it.
struct FuzzTarget {
  absl::string_view name;  // Also of the folder of its seeds, testdata/seeds/NAME.

  // Reads `bytes` with the default limits, tensors to their last element, and describes what was found; equal texts for equal findings.
  absl::StatusOr<std::string> (*read)(const std::string& bytes);

  // The codes with which the reader's header says that it may refuse bytes in memory.
  std::vector<absl::StatusCode> refusals;
};

// All targets, in a fixed order.
absl::Span<const FuzzTarget> AllFuzzTargets();

// The target of that name, or nullptr.
const FuzzTarget* FindFuzzTarget(absl::string_view name);

// What is wrong with an answer of target.read: a code that the target does not have, or no words. "" when nothing is.
std::string Complaint(const FuzzTarget& target, const absl::Status& answer);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FUZZ_TARGET_H_
