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
  // As ParseTolerance reads it. What may pass, whatever the manifest or a recipe in it allows.
  std::string tolerance = "exact";
  // What the rules of the auditor's own recipe allow. Another tolerance of a tensor is the manifest's word, also where the recipes agree.
  std::vector<std::string> recipe_tolerances = {};
  // Whether it is about the tensors alone, in whatever container, order and sharding.
  bool content_only = false;
};

struct AuditOptions {
  int threads = 1;  // At least 1; each takes some 2 MiB, or 6 MiB for AuditContent.
  // Called from any thread, one call at a time, with bytes read since the last call.
  std::function<void(int64_t)> on_progress = nullptr;
  // Set from outside to stop early; Cancelled then.
  const std::atomic<bool>* stop = nullptr;
};

// Whether these are the output's files, byte for byte: `files[k]` is file k of the manifest, null where there is none. No container is
// opened. Of a file that has another SHA-256 every tensor and every range of the container is named that is not what it was; of tensors
// that are what they were, what the manifest says of their elements otherwise (SHA-256, statistics of values) and is not so. Each file is
// read in full for both, whatever the answer. Fails as ReadAt does for other reasons than the end of a file, and as Sha256;
// ResourceExhausted when tensors that overlap would have to be read more than 256 times the size of their file.
absl::StatusOr<std::vector<std::string>> AuditFiles(const Manifest& manifest, absl::Span<const ByteSourcePtr> files,
                                                    const AuditOptions& options);

// How many bytes AuditFiles reports.
int64_t AuditBytes(const Manifest& manifest, absl::Span<const ByteSourcePtr> files);

// Whether a checkpoint in any container, order and sharding has exactly the output's tensors: names, dtypes, shapes and SHA-256. Reports
// the bytes of all its tensors. Fails as ReadRegion does.
absl::StatusOr<std::vector<std::string>> AuditContent(const Manifest& manifest, const Checkpoint& checkpoint, const AuditOptions& options);

// Whether the checkpoint, opened from the very files that AuditFiles said yes to, has the output's table: its format, and in its order
// every name, dtype, shape and place; and of tensors without a place the SHA-256, which AuditFiles does not know. The first row that
// differs is named. Reports the bytes of the latter. Fails as ReadRegion does.
absl::StatusOr<std::vector<std::string>> AuditTable(const Manifest& manifest, const Checkpoint& checkpoint, const AuditOptions& options);

// Whether a manifest, whose file has these bytes, can be believed as far as it can be known from itself: it says yes, nothing in it
// contradicts anything else (contradictions.h), what it calls within tolerance is so by the tolerance that was asked for, and its bytes are
// those that SerializeManifest gives, so that every reader reads the same. FailedPrecondition when it lists no tensor: that is no question;
// otherwise fails as Sha256.
absl::StatusOr<std::vector<std::string>> AuditManifest(const Manifest& manifest, absl::string_view bytes, const AuditQuestion& question);

// Whether a manifest says what a later judgement of the same output and sources says, in every field; the first that differs is named with
// both values. Set aside is what each judgement has for itself: where files came from (origins), config and tokenizer files beside the
// output that the manifest does not list, the tolerance that was asked for where the auditor asks for another than exact, and with
// `content_only` the output's format, files, remarks, places and order.
std::vector<std::string> CompareJudgements(const Manifest& manifest, const Manifest& later, const AuditQuestion& question);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_AUDIT_AUDIT_H_
