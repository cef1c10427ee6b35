#ifndef WEIGHBRIDGE_TOOLS_PROGRESS_H_
#define WEIGHBRIDGE_TOOLS_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace weighbridge {

// Tells on stderr how far a long step is: on a terminal one line that is written anew, with bytes, speed and time left; elsewhere a line
// every ten seconds and one at the end; nothing when quiet. Calls come one at a time, from any thread.
class Progress {
 public:
  explicit Progress(bool quiet);

  // A step of `total` bytes begins: "merging".
  void Start(absl::string_view step, int64_t total);
  void Add(int64_t bytes);
  // The step is over, well or not. Without Start, nothing.
  void Finish();

 private:
  void Print(bool last);

  bool quiet_;
  bool terminal_;
  std::string step_;
  int64_t total_ = 0;
  int64_t done_ = 0;
  absl::Time started_;
  absl::Time printed_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_PROGRESS_H_
