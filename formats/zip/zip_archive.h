#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_ARCHIVE_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_ARCHIVE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"
#include "formats/zip/zip_inflater.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {

// A zip archive whose structure can be relied on: all readers take it for the same members (zip_directory.h), which are stored or deflated.
// Bytes may follow its end record, at most 64 KiB, as torch has it. Movable, and the ranges that it gives out live on without it.
class ZipArchive {
 public:
  // Reads the directory and every local header. Fails as ReadZipDirectory; DataLoss also when a member is deflated and libzip, which
  // inflates it, finds other members.
  static absl::StatusOr<ZipArchive> Open(ByteSourcePtr source, const ReadLimits& limits);

  ZipArchive(ZipArchive&&) = default;
  ZipArchive& operator=(ZipArchive&&) = default;

  const ByteSourcePtr& source() const { return source_; }

  // Bytes of the source behind the end record and its comment, which no reader looks at.
  int64_t trailing_bytes() const { return trailing_bytes_; }

  // In the order of the directory.
  absl::Span<const ZipMember> members() const { return members_; }

  // The member of exactly that name, or nullptr. Lives as long as the archive.
  const ZipMember* Find(absl::string_view name) const;

  // Where the member's bytes are read: in source() itself when it is stored, otherwise in a source that inflates them on the first read
  // and then checks their number and CRC-32. Call once for a member: each such source inflates anew.
  SourceRange Data(const ZipMember& member) const;

  // The first `size` bytes of the member, or all where it has fewer. Of a deflated one nothing behind them is inflated, to speak of, and
  // no checksum is checked. Fails as reading Data(member) does.
  absl::StatusOr<std::string> Head(const ZipMember& member, int64_t size) const;

 private:
  ZipArchive(ByteSourcePtr source, int64_t trailing_bytes, std::vector<ZipMember> members, std::shared_ptr<ZipInflater> inflater);

  ByteSourcePtr source_;
  int64_t trailing_bytes_;
  std::vector<ZipMember> members_;
  absl::flat_hash_map<absl::string_view, size_t> index_;  // By the names in members_.
  std::shared_ptr<ZipInflater> inflater_;                 // Null where nothing is deflated.
};

// Reads the bytes of `range` and compares their CRC-32. DataLoss, saying both, when it is another; otherwise as ReadAt.
absl::Status CheckCrc32(const SourceRange& range, uint32_t expected);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_ARCHIVE_H_
