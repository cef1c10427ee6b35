#ifndef WEIGHBRIDGE_VERIFY_AUDIT_AUDIT_H_
#define WEIGHBRIDGE_VERIFY_AUDIT_AUDIT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// Questions to a manifest about files of later days. Each answer is a list of findings, one sentence each, that is empty for yes; it
// does not depend on the number of threads. The auditor's words count, never the manifest's.

struct AuditQuestion {
  // In ParseTolerance's form: what may pass, whatever the manifest or a recipe in it allows.
  std::string tolerance = "exact";
  // What the rules of the auditor's own recipe allow. Any other tolerance of a tensor is only the manifest's word.
  std::vector<std::string> recipe_tolerances = {};
  // Whether the question is about the tensors alone, in whatever container, order and sharding.
  bool content_only = false;
};

struct AuditOptions {
  int threads = 1;  // At least 1; each takes some 2 MiB, or 6 MiB for AuditContent.
  // Called from any thread, one call at a time, with the number of bytes read since the last call.
  std::function<void(int64_t)> on_progress = nullptr;
  // Set from outside to stop early; the audit then fails as Cancelled.
  const std::atomic<bool>* stop = nullptr;
};

// Whether these are the merged checkpoint's files, byte for byte: `files[k]` is file k of the manifest's output, null where there is none.
// No container is opened. Where a file is another, the findings name every tensor and every range of the container that is not what it
// was; of a tensor that is, what the manifest says wrongly of its elements (SHA-256, statistics of values). Each file is read in full
// for both, whatever the answer. Fails as Sha256, and as ReadAt for other reasons than the end of a file; ResourceExhausted when tensors
// that overlap would have to be read more than 256 times the size of their file.
absl::StatusOr<std::vector<std::string>> AuditFiles(const Manifest& manifest, absl::Span<const ByteSourcePtr> files,
                                                    const AuditOptions& options);

// How many bytes AuditFiles reports.
int64_t AuditBytes(const Manifest& manifest, absl::Span<const ByteSourcePtr> files);

// Whether a checkpoint in any container, order and sharding has exactly the merged checkpoint's tensors: names, dtypes, shapes and SHA-256.
// Reports the bytes of all its tensors as progress. Fails as ReadRegion and Sha256 do.
absl::StatusOr<std::vector<std::string>> AuditContent(const Manifest& manifest, const Checkpoint& checkpoint, const AuditOptions& options);

// Whether the checkpoint, opened from the very files that AuditFiles said yes to, has the table that the manifest gives the merged one: its
// format, and in its order every name, dtype, shape and place; and of tensors without a place the SHA-256, which AuditFiles does not check.
// The first row that differs is named. Reports the bytes of tensors without a place as progress. Fails as ReadRegion and Sha256 do.
absl::StatusOr<std::vector<std::string>> AuditTable(const Manifest& manifest, const Checkpoint& checkpoint, const AuditOptions& options);

// Whether a manifest, whose file has these bytes, can be believed as far as it can be known from itself: it says yes, nothing in it
// contradicts anything else (contradictions.h), what it calls within tolerance is so by the tolerance that was asked for, and its bytes are
// those that SerializeManifest gives, so that every reader reads the same. FailedPrecondition when it lists no tensor: then there is
// nothing to audit. Otherwise fails as Sha256.
absl::StatusOr<std::vector<std::string>> AuditManifest(const Manifest& manifest, absl::string_view bytes, const AuditQuestion& question);

// Whether a manifest says in every field what a later judgement of the same merged checkpoint and sources says; the first field that
// differs is named with both values. Set aside is what each judgement has for itself: where files came from (origins), config and tokenizer
// files of the output that the manifest does not list, the tolerance that was asked for where the auditor asks for another than exact, and
// with `content_only` the output's format, files, remarks, places and order.
std::vector<std::string> CompareJudgements(const Manifest& manifest, const Manifest& later, const AuditQuestion& question);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_AUDIT_AUDIT_H_
