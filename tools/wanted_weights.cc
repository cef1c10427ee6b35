#include "tools/wanted_weights.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "fetch/file_hasher.h"
#include "fetch/lock_file.h"
#include "fetch/retry.h"
#include "fetch/sets/sets.h"
#include "fetch/uri.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

bool IsSameSource(const WeightsSource& a, const WeightsSource& b) {
  if (a.uri() != b.uri() || a.folder() != b.folder()) return false;
  if (!a.uri().empty()) return true;
  return std::equal(a.files().begin(), a.files().end(), b.files().begin(), b.files().end(),
                    [](const LockedFile& x, const LockedFile& y) { return x.path() == y.path(); });
}

const WeightsSource* Find(const std::optional<WeightsLock>& lock, const WeightsSource& source) {
  if (!lock.has_value()) return nullptr;
  for (const WeightsSource& candidate : lock->sources()) {
    if (IsSameSource(candidate, source)) return &candidate;
  }
  return nullptr;
}

bool HasOtherPatterns(const WeightsSource& a, const WeightsSource& b) {
  return !std::equal(a.include().begin(), a.include().end(), b.include().begin(), b.include().end()) ||
         !std::equal(a.exclude().begin(), a.exclude().end(), b.exclude().begin(), b.exclude().end());
}

// A set may have learned something since the lock was written, but must not contradict it.
absl::Status CheckAgree(const WeightsSource& pinned, const WeightsSource& source) {
  std::map<std::string, Hashes> hashes;
  for (const LockedFile& file : pinned.files()) hashes[file.path()] = HashesOf(file);
  for (const LockedFile& file : source.files()) {
    const absl::Status status = CompareHashes(HashesOf(file), hashes[file.path()]);
    if (!status.ok()) return Annotate(status, absl::StrCat("the lock and the set disagree about ", PathOf(source, file)));
  }
  return absl::OkStatus();
}

absl::StatusOr<WeightsSource> SourceOf(const std::string& text, const WeightsRequest& request) {
  absl::StatusOr<Uri> uri = ParseUri(text);
  if (!uri.ok()) return uri.status();
  if (uri->scheme == Uri::Scheme::kHub && uri->revision.empty()) uri->revision = request.revision;
  WeightsSource source;
  source.set_uri(absl::StrCat(uri->ToString(), uri->sha256.empty() ? "" : "#sha256=", uri->sha256));
  for (const std::string& pattern : request.include) source.add_include(pattern);
  for (const std::string& pattern : request.exclude) source.add_exclude(pattern);
  std::error_code error;
  const bool many = (uri->scheme == Uri::Scheme::kHub && uri->path.empty()) ||
                    (uri->scheme == Uri::Scheme::kFile && std::filesystem::is_directory(uri->path, error));
  if (many && request.uris.size() > 1) {
    const std::string& name = uri->scheme == Uri::Scheme::kHub ? uri->repository : uri->path;
    source.set_folder(std::filesystem::path(name).filename().string());
  }
  return source;
}

}  // namespace

absl::StatusOr<WeightsLock> WantedWeights(const WeightsRequest& request, const std::optional<WeightsLock>& existing) {
  if (!request.set.empty() && !request.uris.empty()) return absl::InvalidArgumentError("addresses and --set exclude each other");
  if (request.set.empty() && request.uris.empty()) {
    if (existing.has_value()) return *existing;
    return absl::NotFoundError("wanted is an address, --set=NAME, or a lock that says what to fetch");
  }
  WeightsLock wanted;
  if (!request.set.empty()) {
    absl::StatusOr<WeightsLock> set = LoadSet(request.set);
    if (!set.ok()) return set.status();
    wanted = *std::move(set);
  }
  for (const std::string& text : request.uris) {
    absl::StatusOr<WeightsSource> source = SourceOf(text, request);
    if (!source.ok()) return source.status();
    *wanted.add_sources() = *std::move(source);
  }
  for (WeightsSource& source : *wanted.mutable_sources()) {
    const WeightsSource* pinned = Find(existing, source);
    if (pinned == nullptr) continue;
    if (absl::Status status = CheckAgree(*pinned, source); !status.ok()) return status;
    WeightsSource merged = *pinned;
    if (HasOtherPatterns(source, *pinned)) {
      // The commit stays; what else is in it has to be asked.
      *merged.mutable_include() = source.include();
      *merged.mutable_exclude() = source.exclude();
      merged.set_complete(false);
    }
    source = std::move(merged);
  }
  return wanted;
}

WeightsLock WithOtherSources(WeightsLock lock, const std::optional<WeightsLock>& existing) {
  if (!existing.has_value()) return lock;
  for (const WeightsSource& source : existing->sources()) {
    const bool there =
        std::any_of(lock.sources().begin(), lock.sources().end(), [&](const WeightsSource& other) { return IsSameSource(other, source); });
    if (!there) *lock.add_sources() = source;
  }
  if (!lock.has_purpose() && existing->has_purpose()) *lock.mutable_purpose() = existing->purpose();
  return lock;
}

std::vector<std::string> NextSteps(const WeightsLock& lock, const std::string& into) {
  std::vector<std::string> steps;
  if (!lock.has_purpose()) return steps;
  std::string merge = absl::StrCat("merge --recipe=", lock.purpose().recipe());
  for (const WeightsSource& source : lock.sources()) {
    if (source.recipe_source().empty()) continue;
    absl::StrAppend(&merge, " ", source.recipe_source(), "=", into, source.folder().empty() ? "" : "/", source.folder());
    if (!source.checkpoint().empty()) absl::StrAppend(&merge, "/", source.checkpoint());
  }
  steps.push_back(absl::StrCat(merge, " --save_path=", into, "/", lock.purpose().save_path()));
  for (const std::string& note : lock.purpose().notes()) steps.push_back(absl::StrReplaceAll(note, {{"{into}", into}}));
  return steps;
}

}  // namespace weighbridge
