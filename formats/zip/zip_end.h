#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_END_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_END_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {

// What the records at the end of a zip archive say, in bytes from the start of the file.
struct ZipEnd {
  int64_t directory_begin = 0;
  int64_t directory_end = 0;  // Where the first end record begins.
  int64_t members = 0;
  int64_t archive_end = 0;  // Behind the last end record's comment.
};

// Reads the last end record of the file, as torch does and Python's zipfile, and the zip64 records before it.
//
// DataLoss: there is none within the last 64 KiB; the records disagree with each other; or the directory does not end where they begin, so
// that a reader that adds up and one that believes them would find different ones. Unimplemented: the archive spans several disks, or
// several archives stand one after the other. Otherwise as ByteSource::ReadAt.
absl::StatusOr<ZipEnd> ReadZipEnd(const ByteSource& source);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_END_H_
