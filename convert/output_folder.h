#ifndef WEIGHBRIDGE_CONVERT_OUTPUT_FOLDER_H_
#define WEIGHBRIDGE_CONVERT_OUTPUT_FOLDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "convert/hidden_folder.h"
#include "formats/bytes/output_file.h"

namespace weighbridge {

// A folder for the files of one result, which appear in it together or not at all. Where the folder is missing, it and those above it that
// are missing appear with all files in them by one rename; nothing of them is made before Publish. What a process that was killed has left
// the next one removes.
class OutputFolder {
 public:
  OutputFolder(std::string path, bool overwrite);

  std::string PathOf(absl::string_view name) const;

  // To be asked before long work: AlreadyExists when a file of these names stands in the folder and `overwrite` is off, FailedPrecondition
  // when what stands there, or in the folder's own place, cannot be replaced.
  absl::Status CheckTargets(absl::Span<const std::string> names) const;

  // A file of the folder, created as OutputFile::Create does; after Prepare.
  absl::StatusOr<std::unique_ptr<OutputFile>> Create(absl::string_view name, int64_t size) const;

  // To be called before that many files are created: removes what processes have left that were killed while they wrote to the same place,
  // and decides how files wait for their names. More than may be open wait in a hidden folder (HiddenFolder), which lies beside a missing
  // folder or inside one that is there.
  absl::Status Prepare(size_t files);

  // The names of files in the folder that must go when the new ones come, or why the new ones may not come.
  using FindObsolete = absl::FunctionRef<absl::StatusOr<std::vector<std::string>>()>;

  // Gives `files`, which were created by this object, their names, in this order. When that fails, what stood there before still does.
  // AlreadyExists when something has appeared there meanwhile: of several programs that publish a new folder, one succeeds.
  //
  // In a folder that was there already the files get their names one after the other, under a lock that others who publish there respect.
  // What they replace, and what is obsolete, is put aside first, so that old and new ones never stand side by side. A process that is
  // killed between the two leaves a folder in which some are missing and the old ones lie, all of them, as ".NAME.weighbridge-previous"
  // until the next success, which removes those.
  absl::Status Publish(absl::Span<OutputFile* const> files, FindObsolete find_obsolete);

 private:
  absl::Status PublishWithFolder(absl::Span<OutputFile* const> files);
  absl::Status PublishInto(absl::Span<OutputFile* const> files, FindObsolete find_obsolete);

  void RemoveAbandoned() const;

  std::string path_;
  bool overwrite_;
  std::unique_ptr<HiddenFolder> waiting_;  // Null where files wait without names.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_CONVERT_OUTPUT_FOLDER_H_
