#include "fetch/damage.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

std::vector<ByteRange> DamagedRanges(const LockedFile& expected, const MeasuredFile& found) {
  const std::vector<std::string>& chunks = found.digests.chunks;
  const bool comparable = expected.chunk_size() == kLockChunk && expected.size() == found.size &&
                          static_cast<size_t>(expected.chunk_xxh3_size()) == chunks.size();
  if (!comparable) return {{.begin = 0, .end = expected.size()}};
  std::vector<ByteRange> damaged;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i] == expected.chunk_xxh3(static_cast<int>(i))) continue;
    const int64_t begin = static_cast<int64_t>(i) * kLockChunk;
    const int64_t end = std::min(begin + kLockChunk, found.size);
    if (!damaged.empty() && damaged.back().end == begin) {
      damaged.back().end = end;
    } else {
      damaged.push_back({.begin = begin, .end = end});
    }
  }
  return damaged;
}

std::vector<ByteRange> Between(const std::vector<ByteRange>& ranges, int64_t size) {
  std::vector<ByteRange> between;
  int64_t at = 0;
  for (const ByteRange& range : ranges) {
    if (range.begin > at) between.push_back({.begin = at, .end = range.begin});
    at = range.end;
  }
  if (at < size) between.push_back({.begin = at, .end = size});
  return between;
}

std::string RangesText(const std::vector<ByteRange>& ranges) {
  return absl::StrJoin(ranges, ", ",
                       [](std::string* out, const ByteRange& range) { absl::StrAppend(out, range.begin, "-", range.end - 1); });
}

}  // namespace weighbridge
