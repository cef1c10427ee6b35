#ifndef WEIGHBRIDGE_TOOLS_OUTPUT_FOLDER_H_
#define WEIGHBRIDGE_TOOLS_OUTPUT_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// A folder for results, made with its parents where it is missing. Unless something was published in it (Keep), the destructor takes away
// again what Make has made, so that a failure leaves nothing behind.
class OutputFolder {
 public:
  explicit OutputFolder(std::string path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  // PermissionDenied, FailedPrecondition (something else stands there) or Unavailable, naming the path.
  absl::Status Make();
  void Keep() { made_.clear(); }

  std::string PathOf(absl::string_view name) const;

 private:
  std::string path_;
  std::vector<std::string> made_;  // Outermost first.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_OUTPUT_FOLDER_H_
