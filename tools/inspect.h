#ifndef WEIGHBRIDGE_TOOLS_INSPECT_H_
#define WEIGHBRIDGE_TOOLS_INSPECT_H_

#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tools/tool.h"

namespace weighbridge {

struct InspectOptions {
  enum class Format { kText, kJson };
  enum class Digest { kNone, kXxh3, kSha256 };

  std::string path;
  Format format = Format::kText;
  Digest digest = Digest::kNone;
  bool opaque = false;  // As ReadLimits::opaque_objects.
  std::string match;    // An RE2: only tensors whose name it matches in part; empty for all.
  CommonOptions common;
};

// "text" or "json"; "none", "xxh3" or "sha256". InvalidArgument for anything else.
absl::StatusOr<InspectOptions::Format> ParseInspectFormat(const std::string& text);
absl::StatusOr<InspectOptions::Digest> ParseInspectDigest(const std::string& text);

// Lists the tensors of a checkpoint in file order. With digests every listed tensor is read, and the checksums of what is read are checked
// (DataLoss); without, only headers are. InvalidArgument when `match` matches no name. Yes, or a failure; nothing stands on `out` after a
// failure.
absl::StatusOr<bool> Inspect(const InspectOptions& options, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_INSPECT_H_
