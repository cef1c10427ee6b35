#include "formats/directory/open_checkpoint.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/find_checkpoint.h"
#include "formats/directory/read_model.h"

namespace weighbridge {

absl::StatusOr<Checkpoint> OpenCheckpoint(const std::string& path, const ReadLimits& limits) {
  FoundCheckpoint found{.path = path, .remarks = {}};
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    ASSIGN_OR_RETURN(found, FindCheckpoint(path, limits));
  }
  ASSIGN_OR_RETURN(ByteSourcePtr main, OpenFile(found.path));
  const std::filesystem::path folder = std::filesystem::path(found.path).parent_path();
  const auto open = [&](const std::string& name) {
    absl::StatusOr<ByteSourcePtr> file = OpenFile(folder / name);
    std::error_code ignored;
    if (absl::IsNotFound(file.status()) && std::filesystem::is_symlink(folder / name, ignored)) {
      found.remarks.emplace_back(file.status().message());
    }
    return file;
  };
  absl::StatusOr<Checkpoint> checkpoint = ReadModel(main, open, limits);
  if (!checkpoint.ok()) return checkpoint.status();
  checkpoint->path = path;
  checkpoint->remarks.insert(checkpoint->remarks.end(), found.remarks.begin(), found.remarks.end());
  return checkpoint;
}

}  // namespace weighbridge
