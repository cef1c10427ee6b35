#ifndef WEIGHBRIDGE_FUZZ_FETCH_TARGETS_H_
#define WEIGHBRIDGE_FUZZ_FETCH_TARGETS_H_

#include <string>

#include "absl/status/statusor.h"

namespace weighbridge {

// FuzzTarget::read of what servers send before they send a file.

// The lines of an answer's head, and what its headers mean.
absl::StatusOr<std::string> FuzzHttpHead(const std::string& bytes);

// The hub's answer about a repository.
absl::StatusOr<std::string> FuzzHubListing(const std::string& bytes);

// A page of Google Drive. Internal: it leads to somebody else.
absl::StatusOr<std::string> FuzzDrivePage(const std::string& bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FUZZ_FETCH_TARGETS_H_
