#ifndef WEIGHBRIDGE_FETCH_DAMAGE_H_
#define WEIGHBRIDGE_FETCH_DAMAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fetch/disk/file_hasher.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// Where the bytes that were measured are not those of the lock, in whole chunks, in ascending order. The whole file when its size
// differs or the lock has no chunks of our size. Empty when all chunks are right.
std::vector<ByteRange> DamagedRanges(const LockedFile& expected, const MeasuredFile& found);

// The ranges between `ranges` in [0, size).
std::vector<ByteRange> Between(const std::vector<ByteRange>& ranges, int64_t size);

// "8388608-16777215, 25165824-25165830".
std::string RangesText(const std::vector<ByteRange>& ranges);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DAMAGE_H_
