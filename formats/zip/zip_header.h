#ifndef WEIGHBRIDGE_FORMATS_ZIP_ZIP_HEADER_H_
#define WEIGHBRIDGE_FORMATS_ZIP_ZIP_HEADER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {

// What the directory says of a member.
struct ZipEntry {
  ZipMember member;
  uint16_t flags = 0;
  int64_t header_offset = 0;  // Of the local header, bytes from the start of the file.
};

// Reads the directory's entry at the cursor, which is passed. `directory_begin` is where the directory begins, before which headers and
// data lie. Fails as ReadZipDirectory, for what an entry alone can show.
absl::StatusOr<ZipEntry> ReadZipEntry(ByteCursor& cursor, int64_t directory_begin);

// Compares the local header at the cursor, and the descriptor behind the data if there is one, with `entry`, and passes the whole: it ends
// where the header of `following` begins, or, when that is null, at the cursor's end. Returns the offset of the data. DataLoss when they
// say something else.
absl::StatusOr<int64_t> CheckLocalHeader(ByteCursor& cursor, const ZipEntry& entry, const ZipEntry* following);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_ZIP_HEADER_H_
