#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_HANDLE_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_HANDLE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"

struct zip;

namespace weighbridge {

// A member of a zip archive, as the central directory states it.
struct ZipMember {
  std::string name;  // As it stands there: any bytes, never a path of this machine.
  int64_t index = 0;
  bool deflated = false;    // Otherwise stored as it is.
  int64_t stored_size = 0;  // Of the data in the file, bytes.
  int64_t size = 0;         // Of the member, bytes; equal to stored_size unless deflated.
  uint32_t crc32 = 0;       // Of the member; 0 for data that is not empty means that no checksum was made (formats.md 3.7).
  int64_t offset = 0;       // Of the data in the file; 0 when stored_size is 0.
};

// libzip over a ByteSource: the structure of an archive. Not thread-safe.
class ZipHandle {
 public:
  enum class Check { kConsistency, kNone };

  explicit ZipHandle(ByteSourcePtr source);
  ~ZipHandle();
  ZipHandle(const ZipHandle&) = delete;
  ZipHandle& operator=(const ZipHandle&) = delete;

  // Reads the directory; kConsistency compares it with the local headers (formats.md 3.12). Called once, before all else. DataLoss: it is
  // no well-formed archive; Unimplemented: it spans several disks; otherwise as ByteSource::ReadAt.
  absl::Status Open(Check check);

  int64_t member_count() const;

  // The member of that index, 0 <= index < member_count(). DataLoss when its data cannot lie where it should; Unimplemented for an
  // encrypted member or a compression method other than stored and deflated. Messages name the member.
  absl::StatusOr<ZipMember> Member(int64_t index);

  // Hands the inflated bytes of a deflated member to `sink`, front to back, in pieces of at most 256 KiB. DataLoss when they are not
  // exactly member.size bytes, are not a deflate stream, or have another CRC-32 than the directory states (where it states one); nothing
  // beyond member.size is inflated but one piece. Fails also as `sink` and ByteSource::ReadAt.
  absl::Status Inflate(const ZipMember& member, absl::FunctionRef<absl::Status(absl::Span<const char>)> sink);

  // Where in the source libzip's last read ended; when Open fails, that was in the structure that it did not like.
  int64_t last_read_end() const;

 private:
  struct Reader;

  absl::Status StatusOf(int libzip_error) const;
  // Where libzip reads the first byte of a member that has one (formats.md 3.13).
  absl::StatusOr<int64_t> DataOffset(const ZipMember& member);

  std::unique_ptr<Reader> reader_;
  ::zip* zip_ = nullptr;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_HANDLE_H_
