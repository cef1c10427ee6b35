#ifndef WEIGHBRIDGE_TOOLS_ORIGINS_H_
#define WEIGHBRIDGE_TOOLS_ORIGINS_H_

#include "absl/status/status.h"
#include "formats/checkpoint.h"

namespace weighbridge {

// Notes with each file of `checkpoint` where it came from, as the weights.lock beside it or above it says, for the manifest. Files that no
// lock names stay without. Fails when there is a lock that cannot be read: an origin is never lost silently.
absl::Status AddOrigins(Checkpoint& checkpoint);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_ORIGINS_H_
