#include "fetch/place_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/disk/placement.h"
#include "fetch/fetch_options.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/lock/target_path.h"
#include "fetch/resolve.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

std::string NearestFolder(const std::string& path) {
  std::string folder = FolderOf(path);
  std::error_code error;
  while (!folder.empty() && !std::filesystem::exists(folder, error)) folder = FolderOf(folder);
  return folder.empty() ? "." : folder;
}

// PaddleNLP keeps the folder of a model and locks each file in it (docs/spec/fetching.md 5).
absl::StatusOr<Placement> PlaceForPaddleNlp(const std::string& home, const std::string& model_name, const LockedFile& file) {
  ASSIGN_OR_RETURN(const RelativePath model, RelativePath::Parse(model_name));
  ASSIGN_OR_RETURN(const RelativePath path, ParseTargetPath(file.path()));
  const std::string folder = JoinPath(absl::StrCat(home, "/models"), model);
  ASSIGN_OR_RETURN(const std::string name, Md5Of(absl::StrCat(file.uri(), folder)));
  Placement placement = PlaceAt(JoinPath(folder, path));
  placement.lock = absl::StrCat(folder, "/.lock/", name);
  placement.keep_lock = true;
  return placement;
}

}  // namespace

bool IsStated(const FileTask& task) {
  return task.listed && !task.stated.empty();
}

absl::StatusOr<Placement> PlaceFor(const FileTask& task, const WeightsSource& source, const FetchOptions& options) {
  // What a mirror sends is no file of the hub only because a lock says so.
  const bool only_from_hub = task.mirrors.empty() || IsStated(task);
  if (task.remote.uri.scheme == Uri::Scheme::kHub && options.hub_cache != nullptr && only_from_hub) {
    if (std::optional<Placement> placement = options.hub_cache->Place(task.remote); placement.has_value()) return *std::move(placement);
  }
  if (!source.paddlenlp_model().empty() && !options.paddlenlp_home.empty()) {
    return PlaceForPaddleNlp(options.paddlenlp_home, source.paddlenlp_model(), source.files(task.file));
  }
  return PlaceAt(task.target);
}

TaskSpace SpaceFor(const FileTask& task, const WeightsSource& source, const FetchOptions& options) {
  const absl::StatusOr<Placement> placed = PlaceFor(task, source, options);
  const Placement placement = placed.ok() ? *placed : PlaceAt(task.target);
  TaskSpace space{.fetched = {.bytes = task.remote.size, .folder = NearestFolder(placement.path)},
                  .copied = {.bytes = 0, .folder = NearestFolder(task.target)}};
  struct stat status;
  const bool there = stat(task.target.c_str(), &status) == 0;
  if (there || stat(placement.path.c_str(), &status) == 0) space.fetched.bytes = 0;
  if (!there && !options.symlink && placement.path != task.target) space.copied.bytes = task.remote.size;
  // The room for a partial file has been taken already.
  if (stat(placement.partial.c_str(), &status) == 0) {
    space.fetched.bytes -= std::min<int64_t>(space.fetched.bytes, status.st_blocks * int64_t{512});
  }
  return space;
}

}  // namespace weighbridge
