#ifndef WEIGHBRIDGE_CONVERT_HIDDEN_FOLDER_H_
#define WEIGHBRIDGE_CONVERT_HIDDEN_FOLDER_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"

namespace weighbridge {

// A folder of a name that nobody else uses, ".NAME.weighbridge-XXXXXX" beside a place of that NAME, for what is not yet to be seen there.
// It is locked as long as its maker lives, so that others can tell what a killed one left.
class HiddenFolder {
 public:
  // Fails as absl::ErrnoToStatus says of mkdtemp and open: PermissionDenied, NotFound (there is no such folder to make it in),
  // FailedPrecondition (it is none), ResourceExhausted (no room on the disk, no descriptor), …
  static absl::StatusOr<std::unique_ptr<HiddenFolder>> Create(const std::filesystem::path& place);

  // Removes, with all that is in them, the hidden folders of that place whose makers live no more. Of those that cannot be locked or
  // removed nothing is said; they stay.
  static void RemoveAbandoned(const std::filesystem::path& place);

  // Removes those of this program, which ends at once. Takes no lock and next to no memory.
  static void RemoveAll();

  // Removes what is left of it.
  ~HiddenFolder();
  HiddenFolder(const HiddenFolder&) = delete;
  HiddenFolder& operator=(const HiddenFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  HiddenFolder(std::filesystem::path path, int lock);

  std::filesystem::path path_;
  int lock_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_HIDDEN_FOLDER_H_
