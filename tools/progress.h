#ifndef WEIGHBRIDGE_TOOLS_PROGRESS_H_
#define WEIGHBRIDGE_TOOLS_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "convert/resources.h"

namespace weighbridge {

// Tells on stderr how far a long step is: on a terminal one line that is written anew, with bytes, speed and time left; elsewhere a line
// every ten seconds and one at the end; nothing when quiet.
class Progress final : public ProgressListener {
 public:
  explicit Progress(bool quiet);

  void Start(absl::string_view step, int64_t total) override;
  void Add(int64_t bytes) override;
  // Without Start, nothing.
  void Finish() override;

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
