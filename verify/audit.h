#ifndef WEIGHBRIDGE_VERIFY_AUDIT_H_
#define WEIGHBRIDGE_VERIFY_AUDIT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// Questions to a manifest about files of later days. Each answer is a list of findings, one sentence each, that is empty for yes; it
// does not depend on the number of threads.

struct AuditOptions {
  int threads = 1;  // At least 1; each takes some 2 MiB, or 6 MiB for AuditContent.
  // Called from any thread, one call at a time, with bytes read since the last call.
  std::function<void(int64_t)> on_progress = nullptr;
  // Set from outside to stop early; Cancelled then.
  const std::atomic<bool>* stop = nullptr;
};

// Whether these are the output's files, byte for byte: `files[k]` is file k of the manifest, null where there is none. No container is
// opened. Of a file that has another SHA-256 every tensor and every range of the container is named that is not what it was: each file is
// read in full for both, whatever the answer. Fails as ReadAt does for other reasons than the end of a file.
absl::StatusOr<std::vector<std::string>> AuditFiles(const Manifest& manifest, absl::Span<const ByteSourcePtr> files,
                                                    const AuditOptions& options);

// How many bytes AuditFiles reports.
int64_t AuditBytes(const Manifest& manifest, absl::Span<const ByteSourcePtr> files);

// Whether a checkpoint in any container, order and sharding has exactly the output's tensors: names, dtypes, shapes and SHA-256. Reports
// the bytes of all its tensors. Fails as ReadRegion does.
absl::StatusOr<std::vector<std::string>> AuditContent(const Manifest& manifest, const Checkpoint& checkpoint, const AuditOptions& options);

// What the manifest says that cannot be true, or that is no yes: digests of itself that are wrong, a verdict that is no.
std::vector<std::string> AuditManifest(const Manifest& manifest);

// Whether a later judgement of the same output had the same recipes and the same files as sources, whatever their names.
std::vector<std::string> CompareSources(const Manifest& manifest, const Manifest& later);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_AUDIT_H_
