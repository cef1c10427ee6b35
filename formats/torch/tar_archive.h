#ifndef WEIGHBRIDGE_FORMATS_TORCH_TAR_ARCHIVE_H_
#define WEIGHBRIDGE_FORMATS_TORCH_TAR_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {

// A regular file in a tar archive. Its data are bytes [offset, offset + size) of the archive.
struct TarMember {
  std::string name;  // At most 100 bytes of whatever the header holds; never a path of this machine.
  int64_t offset = 0;
  int64_t size = 0;
};

// The regular files of a POSIX tar archive, in order. Folders, links and the like are passed over; so are PAX headers, but for sizes.
//
// DataLoss: a header's checksum is wrong, a size is no octal number, or a member reaches beyond the end. Unimplemented: a member of 8 GiB
// or more, whose size does not fit a header. Otherwise as ByteSource::ReadAt.
absl::StatusOr<std::vector<TarMember>> ListTarMembers(const ByteSource& source);

// Whether `source` begins with the header of a tar archive.
bool LooksLikeTar(const ByteSource& source);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_TAR_ARCHIVE_H_
