#include "convert/check_side_files.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/recognize.h"

namespace weighbridge {

absl::Status CheckSideFiles(const Plan& plan) {
  constexpr int64_t kHead = 512;
  for (const Companion& companion : plan.companions) {
    if (companion.role != CheckpointFile::Role::kTokenizer) continue;
    std::string head(std::min(kHead, companion.bytes->size()), '\0');
    RETURN_IF_ERROR(companion.bytes->ReadAt(0, absl::MakeSpan(head)));
    RETURN_IF_ERROR(CheckIsNoStandIn(head), Annotate(_, absl::StrCat("reading ", companion.bytes->name())));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
