#ifndef WEIGHBRIDGE_VERIFY_MANIFEST_CONTENT_ROOT_H_
#define WEIGHBRIDGE_VERIFY_MANIFEST_CONTENT_ROOT_H_

#include <string>

#include "absl/status/statusor.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// The Merkle root over name, dtype, shape and SHA-256 of the tensors that are in the file: 32 bytes. docs/manifest.md has the formula. The
// order of tensors does not matter. Fails as Sha256.
absl::StatusOr<std::string> ContentRoot(const Output& output);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MANIFEST_CONTENT_ROOT_H_
