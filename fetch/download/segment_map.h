#ifndef WEIGHBRIDGE_FETCH_DOWNLOAD_SEGMENT_MAP_H_
#define WEIGHBRIDGE_FETCH_DOWNLOAD_SEGMENT_MAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fetch/transport.h"

namespace weighbridge {

// Which bytes of a file are there and which are still to be asked for, in segments that streams take one by one. Not thread-safe.
class SegmentMap {
 public:
  // `done` are disjoint ranges in ascending order inside [0, size); the gaps between them are cut at multiples of `segment_size`.
  SegmentMap(int64_t size, int64_t segment_size, const std::vector<ByteRange>& done);

  // A part that is missing and that nobody has taken, the first of them; nothing when there is none. `id` stands for it below.
  struct Taken {
    size_t id = 0;
    ByteRange range;
  };
  std::optional<Taken> Take();

  // The next `count` bytes of a taken part are there.
  void Advance(size_t id, int64_t count);

  // Of a taken part: what is missing.
  ByteRange Missing(size_t id) const;

  // How far the file is there from its beginning on.
  int64_t Prefix() const;

  // All ranges that are there, in ascending order.
  std::vector<ByteRange> Done() const;

  // Missing bytes.
  int64_t missing() const { return missing_; }
  // Parts that nobody has taken yet.
  size_t waiting() const { return parts_.size() - next_; }

 private:
  // Missing are [position, end); between parts everything is there.
  struct Part {
    int64_t position;
    int64_t end;
  };
  const int64_t size_;
  std::vector<Part> parts_;
  size_t next_ = 0;
  int64_t missing_ = 0;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DOWNLOAD_SEGMENT_MAP_H_
