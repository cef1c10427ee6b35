#ifndef WEIGHBRIDGE_FORMATS_ZIP_NOTE_ARCHIVE_H_
#define WEIGHBRIDGE_FORMATS_ZIP_NOTE_ARCHIVE_H_

#include "formats/checkpoint.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {

// Adds to `checkpoint`, whose tensors are there, what an archive says beside them: the CRC-32 of every stored member, and remarks on
// members without one and on bytes behind the archive's end.
void NoteArchive(const ZipArchive& archive, Checkpoint& checkpoint);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_ZIP_NOTE_ARCHIVE_H_
