#include "convert/check_companions.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/recognize.h"

namespace weighbridge {

absl::Status CheckCompanions(const Plan& plan) {
  constexpr int64_t kHead = 512;
  for (const Companion& companion : plan.companions) {
    if (companion.role != CheckpointFile::Role::kTokenizer) continue;
    std::string head(std::min(kHead, companion.bytes->size()), '\0');
    if (absl::Status status = companion.bytes->ReadAt(0, absl::MakeSpan(head)); !status.ok()) return status;
    const absl::Status status = CheckIsNoStandIn(head);
    if (!status.ok()) return absl::Status(status.code(), absl::StrCat("reading ", companion.bytes->name(), ": ", status.message()));
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
