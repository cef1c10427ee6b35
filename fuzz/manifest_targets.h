#ifndef WEIGHBRIDGE_FUZZ_MANIFEST_TARGETS_H_
#define WEIGHBRIDGE_FUZZ_MANIFEST_TARGETS_H_

#include <string>

#include "absl/status/statusor.h"

namespace weighbridge {

// FuzzTarget::read of what is asked of a manifest that a stranger wrote.

// The bytes of a manifest, with all that is said of one.
absl::StatusOr<std::string> FuzzManifest(const std::string& bytes);

// Its pages. Internal where a text of the manifest became markup, or stands there as something that does not show.
absl::StatusOr<std::string> FuzzReport(const std::string& bytes);

// All questions of an audit: about the manifest, and about a file of 256 bytes that holds what the seeds say of it.
absl::StatusOr<std::string> FuzzAudit(const std::string& bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FUZZ_MANIFEST_TARGETS_H_
