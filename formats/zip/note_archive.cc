#include "formats/zip/note_archive.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"
#include "formats/zip/zip_archive.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {

void NoteArchive(const ZipArchive& archive, absl::string_view prefix, Checkpoint& checkpoint) {
  int64_t without = 0;
  for (const ZipMember& member : archive.members()) {
    if (member.size > 0 && member.crc32 == 0) ++without;
    if (member.deflated || member.size == 0 || member.crc32 == 0 || !absl::StartsWith(member.name, prefix)) continue;
    checkpoint.checksums.push_back({.source = archive.source(),
                                    .offset = member.offset,
                                    .size = member.size,
                                    .crc32 = member.crc32,
                                    .label = absl::StrCat("member ", member.name)});
  }
  if (without > 0) checkpoint.remarks.push_back(absl::StrCat(without, " members have no checksum (their CRC-32 field is 0)"));
  if (archive.trailing_bytes() > 0) {
    checkpoint.remarks.push_back(absl::StrCat(archive.trailing_bytes(), " bytes follow the archive's end record"));
  }
}

}  // namespace weighbridge
