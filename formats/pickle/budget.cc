#include "formats/pickle/budget.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "formats/read_limits.h"

namespace weighbridge::pickle {
namespace {

// A tensor takes at most 26 bytes of memory for each byte of program: in protocol 4 and under the shortest of names, 48 bytes of program.
constexpr int64_t kFreeMemory = int64_t{8} << 20;
constexpr int64_t kMemoryPerByte = 28;

// What state_dict() makes asks for less than one step for each byte.
constexpr int64_t kFreeWork = int64_t{1} << 20;
constexpr int64_t kWorkPerByte = 16;

}  // namespace

int64_t MemoryLimit(const ReadLimits& limits, int64_t program) {
  return std::min(limits.pickle_memory, kFreeMemory + kMemoryPerByte * program);
}

absl::Status CheckWork(int64_t steps, const ReadLimits& limits, int64_t program) {
  const int64_t limit = std::min(limits.work, kFreeWork + kWorkPerByte * program);
  if (steps <= limit) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("reading it takes ", steps, " steps of work; the limit is ", limit));
}

}  // namespace weighbridge::pickle
