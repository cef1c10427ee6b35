#ifndef WEIGHBRIDGE_FORMATS_TORCH_TAR_ARCHIVE_H_
#define WEIGHBRIDGE_FORMATS_TORCH_TAR_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {

// A member of a tar archive. The data of a file are bytes [offset, offset + size) of the archive.
struct TarMember {
  std::string name;  // Whatever bytes the header, or one before it, holds; never a path of this machine.
  int64_t offset = 0;
  int64_t size = 0;
  bool is_file = false;  // Otherwise a folder, link, device or pipe, which has no data.
};

// The members of a tar archive in order, as Python's tarfile finds them, with which torch reads: no "ustar" is asked for; types that are
// not known are files; the ustar prefix, GNU long names and PAX paths give names; numbers may be octal or binary.
//
// DataLoss: a header's checksum is wrong, a number or PAX record is malformed, a member has two headers that name it, or reaches beyond the
// end. Unimplemented: a sparse file, or a PAX header that gives a member another size or place (tarfile follows those too).
// ResourceExhausted: a name or PAX header is longer than 64 KiB. Otherwise as ByteSource::ReadAt.
absl::StatusOr<std::vector<TarMember>> ListTarMembers(const ByteSource& source);

// Whether `source` begins with the header of a tar archive: to tarfile, one whose checksum is right, however it is spelled; or a damaged
// "ustar".
bool LooksLikeTar(const ByteSource& source);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_TAR_ARCHIVE_H_
