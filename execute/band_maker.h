#ifndef WEIGHBRIDGE_EXECUTE_BAND_MAKER_H_
#define WEIGHBRIDGE_EXECUTE_BAND_MAKER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "execute/range_check.h"
#include "execute/tiling.h"
#include "formats/stored_tensor.h"

namespace weighbridge {

// Memory that is taken once and used for band after band: fresh pages cost more than what is done with them.
class Buffer {
 public:
  // `bytes` may be 0. The memory is aligned for every element and vector, and not yet resident.
  explicit Buffer(int64_t bytes);

  char* data() { return data_.get(); }

 private:
  struct Free {
    void operator()(char* data) const;
  };
  std::unique_ptr<char[], Free> data_;
};

// Makes bands, one after the other. Not thread-safe: each thread has its own.
class BandMaker {
 public:
  // `tile_bytes` as in the TilingLimits of every box that is made: taken once, used for all.
  explicit BandMaker(int64_t tile_bytes) : scratch_(tile_bytes) {}

  // Reads, casts, adds and transposes: the elements of `band`, a region of the box, in row-major order, at `out`. `checks` has one entry
  // per leaf, nullptr where nothing is checked; each hears of the bytes that were read. Fails as ReadAt and RangeCheck do, naming
  // the stored tensor.
  absl::Status Make(const TiledBox& box, absl::Span<RangeCheck* const> checks, const Region& band, char* out);

 private:
  absl::Status MakeTile(const TiledBox& box, absl::Span<RangeCheck* const> checks, const Region& band, const Region& tile, char* out);
  absl::Status Load(const TiledBox& box, size_t leaf, RangeCheck* check, const Region& tile, char* to);

  Buffer scratch_;
  std::vector<char*> slots_;  // The values on the stack, bottom first, then a spare one.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_BAND_MAKER_H_
