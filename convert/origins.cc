#include "convert/origins.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "base/status.h"
#include "fetch/receipt.h"
#include "formats/checkpoint.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

absl::Status AddOrigins(Checkpoint& checkpoint, const std::string& receipts) {
  if (receipts.empty()) return absl::OkStatus();
  for (CheckpointFile& file : checkpoint.files) {
    ASSIGN_OR_RETURN(const std::optional<Receipt> receipt, FindReceipt(receipts, file.path));
    if (!receipt.has_value() || receipt->size() != file.bytes->size()) continue;
    // The SHA-256 is compared where the file is read in full.
    file.origin = FileOrigin{.uri = receipt->uri(), .revision = receipt->revision(), .sha256 = absl::HexStringToBytes(receipt->sha256())};
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
