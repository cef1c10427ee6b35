#ifndef WEIGHBRIDGE_CONVERT_AUDIT_CHECKPOINT_H_
#define WEIGHBRIDGE_CONVERT_AUDIT_CHECKPOINT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "convert/open_sources.h"
#include "convert/resources.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

struct AuditRequest {
  std::string manifest;    // Its path.
  std::string checkpoint;  // The path of the output that it speaks of: a folder or a file (audited_output.h).
  // The recipe that the manifest must have, an embedded name or a file. Empty: any, whose tolerances do not count then.
  std::string recipe = "";
  bool content_only = false;        // Audits the tensors, in whatever container they are, not the files.
  std::string tolerance = "exact";  // As AuditQuestion has it.
  SourceOptions sources = {};       // With paths the checkpoint is judged once more; the manifest's own recipes make what is made.
  std::vector<std::string> will_be_written = {};  // As in JudgeRequest.
  Resources resources = {};
};

struct AuditAnswer {
  Manifest manifest;                  // As it was read.
  std::vector<std::string> findings;  // Why the answer is no; it is yes where there are none.
  std::vector<std::string> remarks;   // What a careful reader should know whatever the answer.
  std::optional<Manifest> judgement;  // Of the sources, where they were asked and could answer.
};

// Audits a checkpoint by the manifest of an earlier judgement. Of a manifest that cannot be believed (verify/audit/audit.h) no file is read
// for what it says; sources that are given are asked all the same.
//
// Fails when the question cannot be answered: as OpenFile for the manifest, ParseManifest, LoadRecipe, AuditManifest, OpenAuditedOutput,
// OpenCheckpoint, AuditFiles, AuditContent and JudgeCheckpoint do, but not for the last four where the answer is no already.
absl::StatusOr<AuditAnswer> AuditCheckpoint(const AuditRequest& request);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_AUDIT_CHECKPOINT_H_
