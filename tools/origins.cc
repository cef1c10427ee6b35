#include "tools/origins.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "fetch/lock_file.h"
#include "formats/checkpoint.h"

namespace weighbridge {

absl::Status AddOrigins(Checkpoint& checkpoint) {
  for (CheckpointFile& file : checkpoint.files) {
    absl::StatusOr<std::optional<LockedOrigin>> origin = FindOrigin(file.path);
    if (!origin.ok()) return origin.status();
    // A file that was never fetched to its end has no hash in the lock, and is then not from there.
    if (!origin->has_value() || (*origin)->sha256.empty()) continue;
    file.origin = FileOrigin{.uri = (*origin)->uri, .revision = (*origin)->revision, .sha256 = absl::HexStringToBytes((*origin)->sha256)};
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
