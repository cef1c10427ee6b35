#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_HANDLE_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_HANDLE_H_

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/zip/zip_member.h"

struct zip;
struct zip_error;

namespace weighbridge {

// libzip over a ByteSource, which inflates. What is in the archive is our own table's to say (zip_directory.h); libzip must find the same.
// Not thread-safe.
class ZipHandle {
 public:
  explicit ZipHandle(ByteSourcePtr source);
  ~ZipHandle();
  ZipHandle(const ZipHandle&) = delete;
  ZipHandle& operator=(const ZipHandle&) = delete;

  // Opens the archive. Called once, before all else. DataLoss: libzip cannot, or finds other members than `members`, by name, method, sizes
  // or checksum; otherwise as ByteSource::ReadAt.
  absl::Status Open(absl::Span<const ZipMember> members);

  // Hands the inflated bytes of a deflated member to `sink`, front to back, in pieces of at most 256 KiB. DataLoss when they are not
  // exactly member.size bytes, are not a deflate stream, or have another CRC-32 than the directory states (where it states one); nothing
  // beyond member.size is inflated but one piece. Fails also as `sink` and ByteSource::ReadAt.
  absl::Status Inflate(const ZipMember& member, absl::FunctionRef<absl::Status(absl::Span<const char>)> sink);

 private:
  struct Reader;

  absl::Status StatusOf(zip_error& error) const;
  absl::Status CheckSame(const ZipMember& member);

  std::unique_ptr<Reader> reader_;
  ::zip* zip_ = nullptr;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_HANDLE_H_
