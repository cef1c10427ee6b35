#ifndef WEIGHBRIDGE_TOOLS_OUTPUT_FOLDER_H_
#define WEIGHBRIDGE_TOOLS_OUTPUT_FOLDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/bytes/output_file.h"

namespace weighbridge {

// A folder for the files of one result, which appear in it together or not at all. Nothing is made before Publish: unfinished files
// (OutputFile) have no names, and a folder that is missing, or folders, appear with all files in them by one rename.
class OutputFolder {
 public:
  OutputFolder(std::string path, bool overwrite);

  std::string PathOf(absl::string_view name) const;

  // For asking before long work: AlreadyExists when a file of these names stands in the folder and `overwrite` is off, FailedPrecondition
  // when what stands there, or in the folder's own place, cannot be replaced.
  absl::Status CheckTargets(absl::Span<const std::string> names) const;

  // Gives `files`, which were created with paths in this folder, their names, in this order, and removes the files called `obsolete`. On
  // failure everything is as it was. In a folder that was there already, files that are replaced are put aside first, so that old and new
  // ones never stand side by side; should the process be killed in that moment, some are missing and the old ones lie there as
  // ".NAME.previous".
  absl::Status Publish(absl::Span<OutputFile* const> files, absl::Span<const std::string> obsolete);

 private:
  absl::Status PublishWithFolder(absl::Span<OutputFile* const> files);
  absl::Status PublishInto(absl::Span<OutputFile* const> files, absl::Span<const std::string> obsolete);

  std::string path_;
  bool overwrite_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_OUTPUT_FOLDER_H_
