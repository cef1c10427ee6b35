#ifndef WEIGHBRIDGE_FORMATS_PICKLE_BUDGET_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_BUDGET_H_

#include <cstdint>

#include "absl/status/status.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {

// What reading a pickle may cost: a share for each byte of its program, and some whatever its length, up to the limits. So time and memory
// grow with the file, and no short file takes long.

// Bytes of text that are one step of work (ReadLimits::work).
inline constexpr int64_t kTextStep = 64;

// Bytes of memory for a program of `program` bytes.
int64_t MemoryLimit(const ReadLimits& limits, int64_t program);

// ResourceExhausted when `steps` are more work than a program of `program` bytes may ask for.
absl::Status CheckWork(int64_t steps, const ReadLimits& limits, int64_t program);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_BUDGET_H_
