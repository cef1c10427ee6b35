#include "fetch/hub/hub_listing.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/transport.h"
#include "formats/json/visit_json.h"

namespace weighbridge {
namespace {

constexpr int64_t kMaxNesting = 32;
constexpr size_t kMaxFiles = 250'000;

// One member of "siblings" as it comes in.
struct Sibling {
  std::string path;
  int64_t size = -1;
  std::string blob_id;
  std::string lfs_sha256;
};

void Take(Sibling& sibling, absl::Span<const std::string> path, const JsonValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  const auto* number = std::get_if<uint64_t>(&value);
  if (path.size() == 1 && path[0] == "rfilename" && text != nullptr) sibling.path = *text;
  if (path.size() == 1 && path[0] == "blobId" && text != nullptr) sibling.blob_id = *text;
  const bool fits = number != nullptr && *number <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (path.size() == 1 && path[0] == "size" && fits) sibling.size = static_cast<int64_t>(*number);
  if (path.size() == 2 && path[0] == "lfs" && path[1] == "sha256" && text != nullptr) sibling.lfs_sha256 = *text;
}

absl::StatusOr<RemoteFile> ToFile(const Sibling& sibling, const std::string& repository, const std::string& commit) {
  RETURN_IF_ERROR(RelativePath::Parse(sibling.path).status(), absl::DataLossError(_.message()));
  if (sibling.size < 0) return absl::DataLossError(absl::StrCat("file ", sibling.path, " has no size"));
  const Uri uri = HubUri(repository, commit, sibling.path);
  Hashes hashes = HashesOfEtag(sibling.lfs_sha256.empty() ? sibling.blob_id : sibling.lfs_sha256);
  return RemoteFile{.path = sibling.path, .uri = uri, .size = sibling.size, .hashes = std::move(hashes)};
}

}  // namespace

bool IsCommit(absl::string_view revision) {
  return revision.size() == 40 && revision.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

Hashes HashesOfEtag(absl::string_view etag) {
  if (IsCommit(etag)) return {.sha256 = "", .git_sha1 = std::string(etag), .md5 = ""};
  const bool hexadecimal = etag.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
  if (etag.size() == 64 && hexadecimal) return {.sha256 = std::string(etag), .git_sha1 = "", .md5 = ""};
  return {};
}

absl::StatusOr<Listing> ParseHubListing(const std::string& repository, absl::string_view json) {
  Listing listing;
  std::map<std::string, Sibling> siblings;  // By position.
  RETURN_IF_ERROR(VisitJson(json, kMaxNesting, [&](absl::Span<const std::string> path, const JsonValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    if (path.size() == 1 && path[0] == "sha" && text != nullptr) listing.revision = *text;
    if (path.size() >= 2 && path[0] == "siblings") Take(siblings[path[1]], path.subspan(2), value);
    // "[0,0,..." would take a hundred times its size.
    return siblings.size() <= kMaxFiles ? absl::OkStatus() : absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxFiles, " files"));
  }));
  if (!IsCommit(listing.revision)) return absl::DataLossError("the answer names no commit: this is not a hub");
  std::map<std::string, RemoteFile> by_path;
  for (const auto& [position, sibling] : siblings) {
    ASSIGN_OR_RETURN(RemoteFile file, ToFile(sibling, repository, listing.revision));
    const std::string path = file.path;
    if (!by_path.emplace(path, std::move(file)).second) return absl::DataLossError(absl::StrCat("file ", path, " is listed twice"));
  }
  for (auto& [path, file] : by_path) listing.files.push_back(std::move(file));
  return listing;
}

}  // namespace weighbridge
