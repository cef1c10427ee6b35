#include "tools/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/byte_count.h"

namespace weighbridge {

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::Start(absl::string_view step, int64_t total) {
  step_ = std::string(step);
  total_ = total;
  done_ = 0;
  started_ = printed_ = absl::Now();
}

void Progress::Add(int64_t bytes) {
  done_ += bytes;
  if (quiet_) return;
  const absl::Time now = absl::Now();
  if (now - printed_ < (terminal_ ? absl::Milliseconds(100) : absl::Seconds(10))) return;
  printed_ = now;
  Print(/*last=*/false);
}

void Progress::Finish() {
  if (!quiet_ && !step_.empty()) Print(/*last=*/true);
  step_.clear();
}

void Progress::Print(bool last) {
  const double seconds = std::max(absl::ToDoubleSeconds(absl::Now() - started_), 1e-3);
  const double speed = static_cast<double>(done_) / seconds;
  std::string line = absl::StrFormat("%s: %s of %s, %.2f GB/s", step_, ReadableBytes(done_), ReadableBytes(total_), speed / 1e9);
  if (last) {
    absl::StrAppendFormat(&line, ", %.1f s", seconds);
  } else if (speed > 0) {
    absl::StrAppendFormat(&line, ", %.0f s left", static_cast<double>(total_ - done_) / speed);
  }
  // "\33[K" clears what a longer line before left.
  std::cerr << (terminal_ ? "\r" : "") << line << (terminal_ ? "\33[K" : "") << (terminal_ && !last ? "" : "\n") << std::flush;
}

}  // namespace weighbridge
