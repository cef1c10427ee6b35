#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_DIRECTORY_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_DIRECTORY_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {

// The table of a zip archive's members.
struct ZipDirectory {
  std::vector<ZipMember> members;  // In the order of the directory.
  int64_t archive_end = 0;         // Bytes from the start of the file; what follows belongs to nothing.
};

// Reads end records, directory and every local header, and accepts only an archive that all readers take for the same: miniz (torch),
// Python's zipfile (NumPy) and libzip look at different ones of these. Local headers, data, descriptors and directory cover the file
// from its first byte to the end records, each byte once; a local header and the descriptor behind the data say what the directory does;
// no name stands there twice, leads upwards or to the root, or has another in an extra field.
//
// DataLoss: the archive is not such a one. Unimplemented: it is well-formed, and encrypted, patched, of several disks, or compressed by
// another method than deflate. ResourceExhausted: it has more than limits.zip_members. Otherwise as ByteSource::ReadAt. Messages name the
// member where one is to blame. Takes some 2 µs per member; local headers that lie near each other are read together.
absl::StatusOr<ZipDirectory> ReadZipDirectory(const ByteSource& source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_DIRECTORY_H_
