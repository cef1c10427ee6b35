#include "fetch/hub/hub_cache.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/disk/placement.h"
#include "fetch/disk/regular_file.h"
#include "fetch/download/partial_file.h"
#include "fetch/hub/hub_listing.h"
#include "fetch/transport.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxRevisionBytes = 4096;

// The name of a file's contents on the hub: large files by SHA-256, small ones by git. A lock may know both of a small one.
std::string EtagOf(const RemoteFile& file) {
  return file.hashes.git_sha1.empty() ? file.hashes.sha256 : file.hashes.git_sha1;
}

std::string FolderName(const std::string& repository) {
  return absl::StrCat("models--", absl::StrReplaceAll(repository, {{"/", "--"}}));
}

std::string ReadRevision(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadSmallFile(path, kMaxRevisionBytes);
  return text.ok() ? std::string(absl::StripAsciiWhitespace(*text)) : "";
}

// One entry of a snapshot: a link into blobs/, whose name says what the bytes hash to.
std::optional<RemoteFile> ReadEntry(const fs::directory_entry& entry, const std::string& snapshot, const std::string& repository,
                                    const std::string& commit) {
  std::error_code error;
  if (!entry.is_regular_file(error) || error) return std::nullopt;
  const std::string path = entry.path().lexically_relative(snapshot).generic_string();
  const auto size = static_cast<int64_t>(entry.file_size(error));
  if (error || !RelativePath::Parse(path).ok()) return std::nullopt;
  const std::string blob = entry.is_symlink(error) ? fs::read_symlink(entry.path(), error).filename().string() : "";
  const Uri uri = HubUri(repository, commit, path);
  return RemoteFile{.path = path, .uri = uri, .size = size, .hashes = HashesOfEtag(blob)};
}

}  // namespace

std::string HubCache::FolderOf(const std::string& repository) const {
  return absl::StrCat(root_, "/", FolderName(repository));
}

std::optional<Placement> HubCache::Place(const RemoteFile& file) const {
  const std::string etag = EtagOf(file);
  if (etag.empty() || !IsCommit(file.uri.revision)) return std::nullopt;
  const std::string blob = absl::StrCat(FolderOf(file.uri.repository), "/blobs/", etag);
  const std::string lock = absl::StrCat(root_, "/.locks/", FolderName(file.uri.repository), "/", etag, ".lock");
  return Placement{.path = blob, .partial = blob + ".wb.incomplete", .lock = lock, .keep_lock = true};
}

absl::Status HubCache::MakeFolders(const RemoteFile& file) const {
  RETURN_IF_ERROR(MakeFolder(absl::StrCat(FolderOf(file.uri.repository), "/blobs")));
  return MakeFolder(absl::StrCat(root_, "/.locks/", FolderName(file.uri.repository)));
}

absl::Status HubCache::AddToSnapshot(const RemoteFile& file) const {
  ASSIGN_OR_RETURN(const RelativePath name, RelativePath::Parse(file.uri.path));
  if (!IsCommit(file.uri.revision)) return absl::InvalidArgumentError(absl::StrCat(file.uri.ToString(), ": names no commit"));
  const std::string path = JoinPath(absl::StrCat(FolderOf(file.uri.repository), "/snapshots/", file.uri.revision), name);
  RETURN_IF_ERROR(MakeFolder(fs::path(path).parent_path().string()));
  std::string target = "../..";
  for (const char byte : file.uri.path) target += byte == '/' ? "/.." : "";
  return MakeSymlink(absl::StrCat(target, "/blobs/", EtagOf(file)), path);
}

absl::Status HubCache::SetRevision(const std::string& repository, const std::string& revision, const std::string& commit) const {
  // A commit stands for itself.
  if (IsCommit(revision) || !IsCommit(commit)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const RelativePath name, RelativePath::Parse(revision));
  const std::string path = JoinPath(absl::StrCat(FolderOf(repository), "/refs"), name);
  if (ReadRevision(path) == commit) return absl::OkStatus();
  RETURN_IF_ERROR(MakeFolder(fs::path(path).parent_path().string()));
  return WriteFileAtomically(path, commit);
}

absl::StatusOr<Listing> HubCache::List(const Uri& uri) const {
  const std::string revision = uri.revision.empty() ? "main" : uri.revision;
  ASSIGN_OR_RETURN(const RelativePath name, RelativePath::Parse(revision));
  const std::string folder = FolderOf(uri.repository);
  const std::string commit = IsCommit(revision) ? revision : ReadRevision(JoinPath(absl::StrCat(folder, "/refs"), name));
  const std::string snapshot = absl::StrCat(folder, "/snapshots/", commit);
  std::error_code error;
  if (!IsCommit(commit) || !fs::is_directory(snapshot, error)) {
    return absl::NotFoundError(absl::StrCat(uri.ToString(), ": the cache ", root_, " does not hold revision ", revision));
  }
  Listing listing{.revision = commit, .files = {}};
  for (fs::recursive_directory_iterator it(snapshot, error), end; !error && it != end; it.increment(error)) {
    std::optional<RemoteFile> file = ReadEntry(*it, snapshot, uri.repository, commit);
    if (file.has_value() && (uri.path.empty() || uri.path == file->path)) listing.files.push_back(*std::move(file));
  }
  std::sort(listing.files.begin(), listing.files.end(), [](const RemoteFile& a, const RemoteFile& b) { return a.path < b.path; });
  if (!error && !listing.files.empty()) return listing;
  return absl::NotFoundError(absl::StrCat(uri.ToString(), ": the cache ", root_, " does not hold that file"));
}

}  // namespace weighbridge
