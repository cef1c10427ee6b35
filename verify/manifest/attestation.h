#ifndef WEIGHBRIDGE_VERIFY_MANIFEST_ATTESTATION_H_
#define WEIGHBRIDGE_VERIFY_MANIFEST_ATTESTATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// An in-toto Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md), as JSON ready for signing: the subject is the output's
// files, the predicate the verdict, the manifest's digest and the sources as materials. `manifest_bytes` is the manifest file.
// docs/manifest.md describes the predicate. FailedPrecondition of a manifest that does not say yes: a statement is signed by people who
// read no predicate; otherwise fails as Sha256.
absl::StatusOr<std::string> MakeAttestation(const Manifest& manifest, absl::string_view manifest_bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MANIFEST_ATTESTATION_H_
