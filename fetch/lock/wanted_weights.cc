#include "fetch/lock/wanted_weights.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/shell_quote.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/lock/lock_file.h"
#include "fetch/lock/lock_paths.h"
#include "fetch/lock/queries.h"
#include "fetch/sets/sets.h"
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
absl::Status CheckSourcesAgree(const WeightsSource& pinned, const WeightsSource& source) {
  std::map<std::string, Hashes> hashes;
  for (const LockedFile& file : pinned.files()) hashes[file.path()] = HashesOf(file);
  for (const LockedFile& file : source.files()) {
    RETURN_IF_ERROR(CheckAgree(HashesOf(file), hashes[file.path()]),
                    Annotate(_, absl::StrCat("the lock and the set disagree about ", PathOf(source, file))));
  }
  return absl::OkStatus();
}

absl::StatusOr<WeightsSource> SourceOf(const std::string& text, const WeightsRequest& request, Queries& queries) {
  ASSIGN_OR_RETURN(Uri uri, ParseUri(text));
  if (uri.scheme == Uri::Scheme::kHub && uri.revision.empty()) uri.revision = request.revision;
  RETURN_IF_ERROR(TakeQuery(uri, queries));
  WeightsSource source;
  source.set_uri(absl::StrCat(uri.ToString(), uri.sha256.empty() ? "" : "#sha256=", uri.sha256));
  for (const std::string& pattern : request.include) source.add_include(pattern);
  for (const std::string& pattern : request.exclude) source.add_exclude(pattern);
  std::error_code error;
  const bool many = (uri.scheme == Uri::Scheme::kHub && uri.path.empty()) ||
                    (uri.scheme == Uri::Scheme::kFile && std::filesystem::is_directory(uri.path, error));
  if (many && request.uris.size() > 1) {
    const std::string& name = uri.scheme == Uri::Scheme::kHub ? uri.repository : uri.path;
    source.set_folder(std::filesystem::path(name).filename().string());
  }
  return source;
}

}  // namespace

absl::StatusOr<WeightsLock> WantedWeights(const WeightsRequest& request, const std::optional<WeightsLock>& existing, Queries& queries) {
  if (!request.set.empty() && !request.uris.empty()) return absl::InvalidArgumentError("addresses and --set exclude each other");
  if (request.set.empty() && request.uris.empty()) {
    if (existing.has_value()) return *existing;
    return absl::NotFoundError("expected an address, --set=NAME, or a lock that says what to fetch");
  }
  WeightsLock wanted;
  if (!request.set.empty()) {
    ASSIGN_OR_RETURN(wanted, LoadSet(request.set));
  }
  for (const std::string& text : request.uris) {
    ASSIGN_OR_RETURN(WeightsSource source, SourceOf(text, request, queries));
    *wanted.add_sources() = std::move(source);
  }
  RETURN_IF_ERROR(TakeQueries(wanted, queries));
  for (WeightsSource& source : *wanted.mutable_sources()) {
    const WeightsSource* pinned = Find(existing, source);
    if (pinned == nullptr) continue;
    RETURN_IF_ERROR(CheckSourcesAgree(*pinned, source));
    WeightsSource merged = *pinned;
    // The addresses are given again now, as they are.
    for (LockedFile& file : *merged.mutable_files()) file.set_had_query(queries.contains(file.uri()));
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
  std::set<std::string> named;
  for (const WeightsSource& source : lock.sources()) {
    for (const LockedFile& file : source.files()) named.insert(PathOf(source, file));
  }
  for (const WeightsSource& source : existing->sources()) {
    const bool there =
        std::any_of(lock.sources().begin(), lock.sources().end(), [&](const WeightsSource& other) { return IsSameSource(other, source); });
    if (there) continue;
    WeightsSource rest = source;
    rest.clear_files();
    for (const LockedFile& file : source.files()) {
      if (!named.contains(PathOf(source, file))) *rest.add_files() = file;
    }
    if (!rest.files().empty() || source.files().empty()) *lock.add_sources() = std::move(rest);
  }
  if (!lock.has_purpose() && existing->has_purpose()) *lock.mutable_purpose() = existing->purpose();
  return lock;
}

NextSteps NextStepsOf(const WeightsLock& lock, const std::string& into) {
  NextSteps steps;
  for (const std::string& note : lock.purpose().notes()) {
    steps.notes.push_back(absl::StrReplaceAll(note, {{"{into}", ShellQuote(into)}}));
  }
  if (lock.purpose().recipe().empty()) return steps;
  const auto below = [](const std::string& folder, const std::string& path) { return absl::StrCat(folder, path.empty() ? "" : "/", path); };
  steps.command = absl::StrCat("merge ", ShellQuote(absl::StrCat("--recipe=", lock.purpose().recipe())));
  for (const WeightsSource& source : lock.sources()) {
    if (source.recipe_source().empty()) continue;
    const std::string checkpoint = below(below(into, source.folder()), source.checkpoint());
    absl::StrAppend(&steps.command, " ", ShellQuote(absl::StrCat(source.recipe_source(), "=", checkpoint)));
  }
  absl::StrAppend(&steps.command, " ", ShellQuote(absl::StrCat("--save_path=", below(into, lock.purpose().save_path()))));
  return steps;
}

}  // namespace weighbridge
