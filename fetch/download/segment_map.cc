#include "fetch/download/segment_map.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fetch/transport.h"

namespace weighbridge {

SegmentMap::SegmentMap(int64_t size, int64_t segment_size, const std::vector<ByteRange>& done) : size_(size) {
  int64_t at = 0;
  const auto add_gap = [&](int64_t end) {
    while (at < end) {
      const int64_t next = std::min((at / segment_size + 1) * segment_size, end);
      parts_.push_back({.position = at, .end = next});
      missing_ += next - at;
      at = next;
    }
  };
  for (const ByteRange& range : done) {
    add_gap(range.begin);
    at = std::max(at, range.end);
  }
  add_gap(size);
}

std::optional<SegmentMap::Taken> SegmentMap::Take() {
  if (next_ == parts_.size()) return std::nullopt;
  const size_t id = next_++;
  return Taken{.id = id, .range = Missing(id)};
}

void SegmentMap::Advance(size_t id, int64_t count) {
  assert(count <= parts_[id].end - parts_[id].position);
  parts_[id].position += count;
  missing_ -= count;
}

ByteRange SegmentMap::Missing(size_t id) const {
  return {.begin = parts_[id].position, .end = parts_[id].end};
}

int64_t SegmentMap::Prefix() const {
  for (const Part& part : parts_) {
    if (part.position < part.end) return part.position;
  }
  return size_;
}

std::vector<ByteRange> SegmentMap::Done() const {
  std::vector<ByteRange> done;
  int64_t at = 0;
  const auto add = [&](int64_t end) {
    if (end > at) done.push_back({.begin = at, .end = end});
  };
  for (const Part& part : parts_) {
    if (part.position == part.end) continue;
    add(part.position);
    at = part.end;
  }
  add(size_);
  return done;
}

}  // namespace weighbridge
