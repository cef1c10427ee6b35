#ifndef WEIGHBRIDGE_FETCH_RECEIPT_H_
#define WEIGHBRIDGE_FETCH_RECEIPT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// What a fetch writes down for itself of a file whose bytes it saw coming from an address: the only ground on which a file's origin is
// believed. Receipts lie in a folder of the user's own state, where nothing that is fetched ever goes, each under the SHA-256 of the file's
// absolute path. A file that is moved, copied or replaced has none.

// Replaces the receipt of the file at `path`, and makes the folder `receipts`. Fails as MakeFolder and WriteFileAtomically do.
absl::Status WriteReceipt(const std::string& receipts, const std::string& path, Receipt receipt);

// The receipt of the file at `path`: what lies there now may be something else, so size and SHA-256 are to be compared. Nothing when there
// is none. Fails as ReadSmallFile does; DataLoss: it is damaged.
absl::StatusOr<std::optional<Receipt>> FindReceipt(const std::string& receipts, const std::string& path);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_RECEIPT_H_
