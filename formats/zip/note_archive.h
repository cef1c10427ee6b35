#ifndef WEIGHBRIDGE_FORMATS_ZIP_NOTE_ARCHIVE_H_
#define WEIGHBRIDGE_FORMATS_ZIP_NOTE_ARCHIVE_H_

#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {

// Adds to `checkpoint` what an archive says beside its tensors: the CRC-32 of every stored member whose name begins with `prefix`, and
// remarks on members without one and on bytes behind the archive's end.
void NoteArchive(const ZipArchive& archive, absl::string_view prefix, Checkpoint& checkpoint);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_NOTE_ARCHIVE_H_
