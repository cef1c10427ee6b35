#ifndef WEIGHBRIDGE_FETCH_HUB_HUB_CACHE_H_
#define WEIGHBRIDGE_FETCH_HUB_HUB_CACHE_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fetch/address/uri.h"
#include "fetch/disk/placement.h"
#include "fetch/transport.h"

namespace weighbridge {

// The cache that huggingface_hub keeps (docs/spec/fetching.md 1.11): its files serve us, and ours serve it. Thread-safe.
class HubCache {
 public:
  // `root` is the folder of the "models--ORG--NAME" folders; made when something is put into it.
  explicit HubCache(std::string root) : root_(std::move(root)) {}

  // Where the bytes of `file` lie: under the name that the hub gives its contents. Nothing when no hash is known, or `file.uri` names no
  // commit.
  std::optional<Placement> Place(const RemoteFile& file) const;

  // Makes the folders of a placement.
  absl::Status MakeFolders(const RemoteFile& file) const;

  // Names bytes that lie at their place as this file of its commit, which `file.uri` holds.
  absl::Status AddToSnapshot(const RemoteFile& file) const;

  // Notes that `revision` stood for `commit`. The last step: all files that were wanted of it are there.
  absl::Status SetRevision(const std::string& repository, const std::string& revision, const std::string& commit) const;

  // What the cache holds of an address, without any network. NotFound, saying what is missing.
  absl::StatusOr<Listing> List(const Uri& uri) const;

 private:
  std::string FolderOf(const std::string& repository) const;

  const std::string root_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HUB_HUB_CACHE_H_
