#include "fetch/resolve.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/lock/check_lock.h"
#include "fetch/lock/lock_file.h"
#include "fetch/lock/lock_paths.h"
#include "fetch/lock/queries.h"
#include "fetch/lock/target_path.h"
#include "fetch/retry.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

template <typename Patterns>
bool MatchesAny(const Patterns& patterns, const std::string& path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return fnmatch(pattern.c_str(), path.c_str(), 0) == 0; });
}

bool IsWanted(const WeightsSource& source, const std::string& path) {
  return (source.include().empty() || MatchesAny(source.include(), path)) && !MatchesAny(source.exclude(), path);
}

// Adds to what is known of a file what its source states.
absl::Status MergeFacts(LockedFile& known, const RemoteFile& stated) {
  if (known.has_size() && known.size() != stated.size) {
    return absl::DataLossError(absl::StrCat("the source's file has ", stated.size, " bytes, expected ", known.size()));
  }
  RETURN_IF_ERROR(CheckAgree(HashesOf(known), stated.hashes), Annotate(_, "the source's file"));
  RETURN_IF_ERROR(CheckNotRefused(known, stated.hashes.sha256));
  known.set_size(stated.size);
  known.set_uri(stated.uri.ToString());
  known.set_had_query(!stated.uri.query.empty());
  if (known.sha256().empty()) known.set_sha256(stated.hashes.sha256);
  if (known.git_sha1().empty()) known.set_git_sha1(stated.hashes.git_sha1);
  if (known.md5().empty()) known.set_md5(stated.hashes.md5);
  return absl::OkStatus();
}

class Resolver {
 public:
  Resolver(const std::string& into, const ResolveOptions& options) : into_(into), options_(options) {}

  // Fills in what was learned of the file at that path.
  void Tell(FileTask& task) const {
    const auto found = stated_.find(task.remote.path);
    task.listed = found != stated_.end();
    if (task.listed) std::tie(task.stated, task.hash_from_source) = found->second;
  }

  // An address of the lock, with its query where that is known.
  absl::StatusOr<Uri> Parse(const std::string& text, bool had_query) const {
    absl::StatusOr<Uri> uri = ParseUri(text);
    if (!uri.ok() || uri->scheme != Uri::Scheme::kHttp) return uri;
    if (const auto query = options_.queries.find(uri->address); query != options_.queries.end()) uri->query = query->second;
    uri->lacks_query = had_query && uri->query.empty();
    return uri;
  }

  absl::Status Resolve(WeightsSource& source) {
    if (!source.uri().empty() && !source.complete()) {
      RETURN_IF_ERROR(ListSource(source));
    } else if (!source.uri().empty() && !options_.offline && IsIncomplete(source)) {
      AskAgain(source);
    }
    for (LockedFile& file : *source.mutable_files()) {
      if (file.has_size() && !HashesOf(file).empty()) continue;
      if (source.complete() && file.has_size()) continue;
      RETURN_IF_ERROR(ListFile(source, file), Annotate(_, PathOf(source, file)));
    }
    source.set_complete(true);
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<Listing> List(const Uri& uri) {
    RETURN_IF_ERROR(CheckHasQuery(uri), Annotate(_, uri.ToString()));
    const bool local = uri.scheme == Uri::Scheme::kFile;
    const bool cached = uri.scheme == Uri::Scheme::kHub && options_.hub_cache != nullptr;
    if (options_.offline && cached) return options_.hub_cache->List(uri);
    if (options_.offline && !local)
      return absl::NotFoundError(absl::StrCat(uri.ToString(), ": is not known here, and --offline forbids to ask"));
    absl::StatusOr<Listing> listing;
    absl::Status status = Retry(options_.retry, *options_.stop, [&](bool&) {
      listing = options_.transports.For(uri).List(uri);
      return listing.status();
    });
    if (status.ok()) return listing;
    if (absl::IsUnavailable(status) && cached) {
      absl::StatusOr<Listing> kept = options_.hub_cache->List(uri);
      if (kept.ok())
        options_.on_message(
            absl::StrCat(uri.ToString(), ": taken as the cache has it, since the hub cannot be reached: ", status.message()));
      if (kept.ok()) return kept;
    }
    return Annotate(status, uri.ToString());
  }

  absl::Status ListSource(WeightsSource& source) {
    ASSIGN_OR_RETURN(Uri uri, Parse(source.uri(), /*had_query=*/false));
    // What was pinned once stays pinned, though more of it is wanted now.
    if (!source.revision().empty()) uri.revision = source.revision();
    ASSIGN_OR_RETURN(Listing listing, List(uri));
    source.set_revision(listing.revision);
    std::map<std::string, LockedFile> files;
    for (LockedFile& file : *source.mutable_files()) files[file.path()] = std::move(file);
    const size_t known = files.size();
    size_t met = 0;
    for (const RemoteFile& stated : listing.files) {
      const auto found = files.find(stated.path);
      if (found == files.end() && !IsWanted(source, stated.path)) continue;
      if (const absl::StatusOr<RelativePath> target = ParseTargetPath(stated.path); !target.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(source.uri(), ": ", target.status().message(), "; --exclude leaves it out"));
      }
      met += found == files.end() ? 0 : 1;
      LockedFile& file = files[stated.path];
      file.set_path(stated.path);
      if (!uri.sha256.empty() && listing.files.size() == 1) file.set_sha256(uri.sha256);
      stated_[PathOf(source, file)] = {stated.hashes, HashesOf(file).empty()};
      RETURN_IF_ERROR(MergeFacts(file, stated), Annotate(_, absl::StrCat(source.uri(), ": ", stated.path)));
    }
    source.clear_files();
    for (auto& [path, file] : files) {
      if (file.uri().empty() && met < known) return absl::NotFoundError(absl::StrCat(source.uri(), ": has no file ", path));
      *source.add_files() = std::move(file);
    }
    if (source.files().empty()) return absl::NotFoundError(absl::StrCat(source.uri(), ": has no file that was asked for"));
    return absl::OkStatus();
  }

  bool IsIncomplete(const WeightsSource& source) const {
    return std::any_of(source.files().begin(), source.files().end(), [&](const LockedFile& file) {
      const absl::StatusOr<RelativePath> target = TargetOf(source, file);
      std::error_code error;
      return target.ok() && !std::filesystem::exists(JoinPath(into_, *target), error);
    });
  }

  // What a lock pins may be anybody's word until the hub states it, too. One request, and no harm when it fails.
  void AskAgain(const WeightsSource& source) {
    absl::StatusOr<Uri> uri = ParseUri(source.uri());
    if (!uri.ok() || uri->scheme != Uri::Scheme::kHub) return;
    uri->revision = source.revision();
    const absl::StatusOr<Listing> listing = options_.transports.hub->List(*uri);
    if (!listing.ok()) return;
    std::map<std::string, const RemoteFile*> stated;
    for (const RemoteFile& file : listing->files) stated[file.path] = &file;
    for (const LockedFile& file : source.files()) {
      const auto found = stated.find(file.path());
      if (found == stated.end() || found->second->uri.ToString() != file.uri()) continue;
      if (!CheckAgree(HashesOf(file), found->second->hashes).ok() || file.size() != found->second->size) continue;
      stated_[PathOf(source, file)] = {found->second->hashes, false};
    }
  }

  // The first of a file's addresses that answers says what is missing, and is where the bytes come from.
  absl::Status ListFile(const WeightsSource& source, LockedFile& file) {
    ASSIGN_OR_RETURN(const RelativePath target, TargetOf(source, file));
    std::error_code error;
    if (const auto size = std::filesystem::file_size(JoinPath(into_, target), error); options_.offline && !error) {
      // What lies there is all that can be known.
      if (!file.has_size()) file.set_size(static_cast<int64_t>(size));
      return absl::OkStatus();
    }
    absl::Status first;
    std::vector<std::string> addresses = {file.uri()};
    addresses.insert(addresses.end(), file.mirrors().begin(), file.mirrors().end());
    for (const std::string& address : addresses) {
      absl::StatusOr<Uri> uri = Parse(address, file.had_query() && address == addresses[0]);
      absl::StatusOr<Listing> listing = uri.ok() ? List(*uri) : uri.status();
      absl::Status status = listing.status();
      if (status.ok() && listing->files.size() != 1)
        status = absl::FailedPreconditionError(absl::StrCat(address, ": is not a single file"));
      if (status.ok()) {
        stated_[PathOf(source, file)] = {listing->files[0].hashes, HashesOf(file).empty()};
        status = MergeFacts(file, listing->files[0]);
      }
      if (status.ok()) {
        file.clear_mirrors();
        for (const std::string& other : addresses) {
          if (other != address) file.add_mirrors(other);
        }
        return status;
      }
      if (first.ok()) first = status;
      if (absl::IsDataLoss(status) || absl::IsCancelled(status)) break;
    }
    return first;
  }

  const std::string& into_;
  const ResolveOptions& options_;
  // By path: what the source itself stated, and whether nobody else stated a hash.
  std::map<std::string, std::pair<Hashes, bool>> stated_;
};

}  // namespace

Transport& Transports::For(const Uri& uri) const {
  switch (uri.scheme) {
    case Uri::Scheme::kHub:
      return *hub;
    case Uri::Scheme::kDrive:
      return *drive;
    case Uri::Scheme::kHttp:
      return *http;
    case Uri::Scheme::kFile:
      return *file;
  }
  return *file;
}

absl::Status CheckNotRefused(const LockedFile& file, const std::string& sha256) {
  for (const RefusedContent& refused : file.refused()) {
    if (absl::StartsWith(sha256, refused.sha256_prefix())) {
      return absl::DataLossError(absl::StrCat("sha256 is ", sha256, ", which is not the wanted file: ", refused.because()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<FileTask>> ResolveLock(WeightsLock& lock, const std::string& into, const ResolveOptions& options) {
  lock.set_schema(kLockSchema);
  Resolver resolver(into, options);
  std::vector<FileTask> tasks;
  for (int s = 0; s < lock.sources_size(); ++s) {
    WeightsSource& source = *lock.mutable_sources(s);
    RETURN_IF_ERROR(resolver.Resolve(source));
    for (int f = 0; f < source.files_size(); ++f) {
      const LockedFile& file = source.files(f);
      ASSIGN_OR_RETURN(Uri uri, resolver.Parse(file.uri(), file.had_query()));
      ASSIGN_OR_RETURN(RelativePath path, TargetOf(source, file));
      FileTask task;
      task.source = s;
      task.file = f;
      task.remote = {.path = path.text(), .uri = std::move(uri), .size = file.size(), .hashes = HashesOf(file)};
      task.folder = into;
      task.target = JoinPath(into, path);
      resolver.Tell(task);
      for (const std::string& mirror : file.mirrors()) {
        ASSIGN_OR_RETURN(Uri parsed, resolver.Parse(mirror, /*had_query=*/false));
        task.mirrors.push_back(std::move(parsed));
      }
      tasks.push_back(std::move(task));
    }
  }
  // Names and numbers came from strangers meanwhile, and the files of several sources lie in one folder.
  RETURN_IF_ERROR(CheckWeightsLock(lock));
  return tasks;
}

}  // namespace weighbridge
