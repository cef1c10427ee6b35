#ifndef WEIGHBRIDGE_TOOLS_VERIFY_H_
#define WEIGHBRIDGE_TOOLS_VERIFY_H_

#include <map>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "recipe/compile_options.h"
#include "tools/tool.h"
#include "tools/verify_exports.h"

namespace weighbridge {

struct VerifyOptions {
  std::string merged;  // A checkpoint, whoever wrote it.
  // An embedded name or a file. Empty, beside a manifest only: its own, whose tolerances do not count then.
  std::string recipe;
  std::map<std::string, std::string> sources;  // ID to path; none to audit by the manifest alone.
  ParameterValues parameters;                  // Of the recipe, and of those that make its sources.
  std::string tolerance = "exact";             // As ParseTolerance.
  std::string match;                           // An RE2: only tensors with such names are judged, and nothing is exported.
  std::string manifest;                        // A file to audit by; empty for none.
  bool content = false;                        // Audits the tensors, in whatever container they are, not the files.
  bool json = false;                           // On `out`.
  VerifyExports exports;
  CommonOptions common;
};

// Judges `merged` against the sources by the recipe, audits it by a manifest, or both: yes when every tensor is there, in order, exact or
// within the tolerance, and everything is as the manifest says; otherwise no, with what differs on `out`, also when the file cannot be read
// as a checkpoint. What is said and exported is what was found, and of a manifest only what can be believed (verify/audit/audit.h);
// WriteExports says what a no exports. InvalidArgument where options contradict each other; FailedPrecondition or InvalidArgument where a
// question is about nothing: no tensor of a matching name, no tensor at all, an empty folder.
absl::StatusOr<bool> Verify(const VerifyOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_VERIFY_H_
