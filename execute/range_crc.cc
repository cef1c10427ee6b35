#include "execute/range_crc.h"

#include <cstdint>

#include "absl/strings/string_view.h"
#include "isa-l/crc.h"
#include "zlib.h"

namespace weighbridge {

void PiecesCrc::Append(int64_t offset, absl::string_view bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const uint32_t crc = crc32_gzip_refl(0, data, bytes.size());
  const int64_t end = offset + static_cast<int64_t>(bytes.size());
  if (bytes_ == 0) {
    crc_ = crc;
  } else {
    if (end - end_ != distance_) {
      distance_ = end - end_;
      shift_ = static_cast<uint32_t>(crc32_combine_gen64(distance_));
    }
    crc_ = static_cast<uint32_t>(crc32_combine_op(crc_, crc, shift_));
  }
  end_ = end;
  bytes_ += static_cast<int64_t>(bytes.size());
}

uint32_t PiecesCrc::ShiftedTo(int64_t end) const {
  return static_cast<uint32_t>(crc32_combine64(crc_, 0, end - end_));
}

}  // namespace weighbridge
