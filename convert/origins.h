#ifndef WEIGHBRIDGE_CONVERT_ORIGINS_H_
#define WEIGHBRIDGE_CONVERT_ORIGINS_H_

#include <string>

#include "absl/status/status.h"
#include "formats/checkpoint.h"

namespace weighbridge {

// Notes with each file of `checkpoint` where it came from, for the manifest: as the receipt says that a fetch of this user wrote of that
// very file (fetch/receipt.h), and never by what lies beside or above it. Files without one stay without an origin. Fails as FindReceipt
// does: an origin is not lost silently.
absl::Status AddOrigins(Checkpoint& checkpoint, const std::string& receipts);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_ORIGINS_H_
