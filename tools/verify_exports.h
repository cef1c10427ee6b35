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

// Fails as OutputFile::CheckTarget does for one of them; InvalidArgument when two are the same file.
absl::Status CheckExports(const VerifyExports& exports);

// Writes them, each at once; fails as OutputFile does.
absl::Status WriteExports(const VerifyExports& exports, const Manifest& manifest);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_VERIFY_EXPORTS_H_
