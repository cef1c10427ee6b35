#ifndef WEIGHBRIDGE_CONVERT_HIDDEN_FOLDER_H_
#define WEIGHBRIDGE_CONVERT_HIDDEN_FOLDER_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "base/file_descriptor.h"

namespace weighbridge {

// A folder with a name that nobody else uses, ".NAME.weighbridge-XXXXXX" beside a place called NAME, for what must not be seen there yet.
// It is locked as long as its maker lives, so that others can tell what a process that was killed has left.
class HiddenFolder {
 public:
  // Fails as SystemError says of mkdtemp and open: PermissionDenied, NotFound (the folder to make it in is missing), FailedPrecondition
  // (that is not a folder), ResourceExhausted (no room on the disk, no descriptor), …
  static absl::StatusOr<std::unique_ptr<HiddenFolder>> Create(const std::filesystem::path& place);

  // Removes, with all that is in them, the hidden folders of that place whose makers are dead. Those that cannot be locked or removed stay,
  // without a word.
  static void RemoveAbandoned(const std::filesystem::path& place);

  // Removes those of this program, which then ends at once. Takes no lock and next to no memory.
  static void RemoveAll();

  // Removes the folder with what is left in it.
  ~HiddenFolder();
  HiddenFolder(const HiddenFolder&) = delete;
  HiddenFolder& operator=(const HiddenFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  HiddenFolder(std::filesystem::path path, FileDescriptor lock);

  std::filesystem::path path_;
  FileDescriptor lock_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_HIDDEN_FOLDER_H_
