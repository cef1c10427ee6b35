#include "formats/zip/note_archive.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "formats/checkpoint.h"
#include "formats/zip/zip_archive.h"
#include "formats/zip/zip_member.h"

namespace weighbridge {

void NoteArchive(const ZipArchive& archive, Checkpoint& checkpoint) {
  std::vector<int64_t> tensors;
  for (const CheckpointTensor& row : checkpoint.tensors()) {
    if (row.tensor.source() == archive.source() && row.tensor.element_count() > 0) tensors.push_back(row.tensor.offset());
  }
  std::sort(tensors.begin(), tensors.end());
  int64_t without = 0;
  for (const ZipMember& member : archive.members()) {
    if (member.size > 0 && member.crc32 == 0) ++without;
    if (member.deflated || member.size == 0 || member.crc32 == 0) continue;
    const auto first = std::lower_bound(tensors.begin(), tensors.end(), member.offset);
    checkpoint.checksums.push_back({.source = archive.source(),
                                    .offset = member.offset,
                                    .size = member.size,
                                    .crc32 = member.crc32,
                                    .label = absl::StrCat("member ", member.name),
                                    .has_tensors = first != tensors.end() && *first < member.offset + member.size});
  }
  if (without > 0) checkpoint.remarks.push_back(absl::StrCat(without, " members have no checksum (their CRC-32 field is 0)"));
  if (archive.trailing_bytes() > 0) {
    checkpoint.remarks.push_back(absl::StrCat(archive.trailing_bytes(), " bytes follow the archive's end record"));
  }
}

}  // namespace weighbridge
