#ifndef WEIGHBRIDGE_CONVERT_AUDITED_OUTPUT_H_
#define WEIGHBRIDGE_CONVERT_AUDITED_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// The files of a manifest's output, where a user says that they are.
struct AuditedOutput {
  std::string path;                  // Of the file that stands for the checkpoint: its index, or its file of weights.
  std::vector<ByteSourcePtr> files;  // In the manifest's order, null where there is none.
  std::vector<std::string> findings;
};

// `named` is a folder, in which each file has its name in the manifest; or a file, which is the one of that name, or else the one that
// stands for the checkpoint under another name, and the others lie beside it. A named file that can be none of these is a finding, and so
// are weights that the manifest does not list and that a loader may take for these (find_checkpoint.h): anywhere in a named folder, and
// beside a named file that has a standard name.
//
// NotFound when the named file is not there. FailedPrecondition when a folder holds none of the files nor any other weights: there is
// nothing to audit. Otherwise as OpenFile does.
absl::StatusOr<AuditedOutput> OpenAuditedOutput(const Manifest& manifest, const std::string& named);

// WouldOverwrite (check_not_read.h) when `path`, to which something will be written, is one of the output's files.
absl::Status CheckIsNotAudited(const std::string& path, const AuditedOutput& output);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_AUDITED_OUTPUT_H_
