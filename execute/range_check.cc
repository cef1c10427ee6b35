#include "execute/range_check.h"

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "execute/range_crc.h"

namespace weighbridge {

absl::Status RangeCheck::Add(const PiecesCrc& pieces) {
  const bool is_complete = crc_.Add(pieces);
  if (!is_complete || crc_.value() == range_.crc32) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("%s: %s: the bytes have the CRC-32 %08x, the container says %08x", range_.source->name(),
                                             range_.label, crc_.value(), range_.crc32));
}

}  // namespace weighbridge
