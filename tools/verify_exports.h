#ifndef WEIGHBRIDGE_TOOLS_VERIFY_EXPORTS_H_
#define WEIGHBRIDGE_TOOLS_VERIFY_EXPORTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// The files that verify writes about a manifest; empty paths for none.
struct VerifyExports {
  std::string manifest;     // The manifest itself.
  std::string attestation;  // An in-toto Statement.
  std::string report;       // A page of HTML.
  bool overwrite = false;

  // Those that are wanted.
  std::vector<std::string> Paths() const;
};

// Fails as OutputFile::CheckTarget does for one of them; InvalidArgument when two have the same path; FailedPrecondition when one is a file
// of `read`, which are paths that the user named, some of them perhaps empty or of nothing, or a file of weights by its name in or beside
// one of them: of a damaged checkpoint nobody knows which files it has.
absl::Status CheckExports(const VerifyExports& exports, const std::vector<std::string>& read);

// What they are about.
struct ExportedAnswer {
  bool is_yes = false;
  // False where the manifest is one that was audited without judging anew: of what such a manifest claims nothing is repeated in a no.
  bool is_judged_now = true;
  std::vector<std::string> reasons = {};  // Why an audit says no.
};

// Writes them, each at once. Of an answer that is no there is no attestation, and no manifest but that of a new judgement; an older file in
// their places, which `overwrite` gives up, is removed, for it says something else. A report says no at its top. Fails as OutputFile,
// MakeAttestation and RenderReport do.
absl::Status WriteExports(const VerifyExports& exports, const Manifest& manifest, const ExportedAnswer& answer);

// The same where there is no manifest to speak of: removes what `overwrite` gives up.
absl::Status RemoveExports(const VerifyExports& exports);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_VERIFY_EXPORTS_H_
