#include "fetch/fetch_folder.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "fetch/disk/placement.h"
#include "fetch/download/download_options.h"
#include "fetch/download/target_lock.h"
#include "fetch/fetch_all.h"
#include "fetch/fetch_file.h"
#include "fetch/fetch_options.h"
#include "fetch/lock/lock_file.h"
#include "fetch/lock/queries.h"
#include "fetch/lock/wanted_weights.h"
#include "fetch/place_file.h"
#include "fetch/resolve.h"
#include "fetch/session.h"
#include "fetch/sets/sets.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

absl::StatusOr<std::optional<WeightsLock>> ReadExisting(const std::string& path) {
  absl::StatusOr<WeightsLock> lock = ReadWeightsLock(path);
  if (absl::IsNotFound(lock.status())) return std::nullopt;
  return lock;
}

absl::Status Save(const WantedFolder& wanted, const Session& session) {
  const DownloadOptions& download = session.fetch_options().download;
  RETURN_IF_ERROR(MakeFolder(std::filesystem::path(wanted.lock_path).parent_path().string()));
  ASSIGN_OR_RETURN(const auto held,
                   TargetLock::Acquire(PlaceAt(wanted.lock_path).lock, /*keep=*/false, *download.stop, download.on_message));
  return WriteWeightsLock(WholeLock(wanted), wanted.lock_path);
}

// A failure with what the sets know of its address.
absl::Status WithAdvice(const absl::Status& failure, const WeightsLock& wanted) {
  if (!absl::IsNotFound(failure)) return failure;
  for (const WeightsSource& source : wanted.sources()) {
    const std::string advice = AdviceOn(source.uri());
    if (!advice.empty()) return absl::NotFoundError(absl::StrCat(failure.message(), "; ", advice));
  }
  return failure;
}

absl::Status CheckHashesKnown(const std::vector<FileTask>& tasks) {
  for (const FileTask& task : tasks) {
    if (task.remote.hashes.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(task.remote.path, ": nobody states a hash of it, and --require_hash is given"));
    }
  }
  return absl::OkStatus();
}

absl::Status FetchTasks(WeightsLock& lock, const std::vector<FileTask>& tasks, const FetchOptions& options, const FetchEvents& events) {
  RETURN_IF_ERROR(CheckSpace(lock, tasks, options));
  int64_t bytes = 0;
  for (const FileTask& task : tasks) bytes += task.remote.size;
  events.on_begin(bytes);
  const absl::Status status =
      FetchAll(lock, tasks, options, [&](size_t i, const absl::StatusOr<FetchedFile>& result) { events.on_file(tasks[i], result); });
  return absl::IsCancelled(status) ? absl::CancelledError("stopped; the same command goes on from here") : status;
}

}  // namespace

absl::StatusOr<WantedFolder> ReadWanted(const WeightsRequest& request, const std::string& folder, const std::string& lock_path) {
  WantedFolder wanted{.folder = folder, .lock_path = lock_path, .lock = {}, .existing = {}, .queries = {}};
  ASSIGN_OR_RETURN(wanted.existing, ReadExisting(lock_path));
  RETURN_IF_ERROR(wanted.existing.has_value() ? TakeQueries(*wanted.existing, wanted.queries) : absl::OkStatus());
  ASSIGN_OR_RETURN(wanted.lock, WantedWeights(request, wanted.existing, wanted.queries));
  return wanted;
}

WeightsLock WholeLock(const WantedFolder& wanted) {
  return WithOtherSources(wanted.lock, wanted.existing);
}

absl::StatusOr<std::vector<FileTask>> ResolveFolder(WantedFolder& wanted, const Session& session, bool require_hash) {
  ASSIGN_OR_RETURN(std::vector<FileTask> tasks, ResolveLock(wanted.lock, wanted.folder, session.resolve_options(wanted.queries)),
                   WithAdvice(_, wanted.lock));
  RETURN_IF_ERROR(require_hash ? CheckHashesKnown(tasks) : absl::OkStatus());
  return tasks;
}

std::vector<int64_t> NeededBytes(const WantedFolder& wanted, const std::vector<FileTask>& tasks, const Session& session) {
  std::vector<int64_t> needed;
  for (const FileTask& task : tasks) {
    needed.push_back(SpaceFor(task, wanted.lock.sources(task.source), session.fetch_options()).fetched.bytes);
  }
  return needed;
}

absl::Status FetchFolder(WantedFolder& wanted, const std::vector<FileTask>& tasks, const Session& session, const FetchEvents& events) {
  RETURN_IF_ERROR(Save(wanted, session));
  absl::Status status = FetchTasks(wanted.lock, tasks, session.fetch_options(), events);
  const absl::Status saved = Save(wanted, session);
  return status.ok() ? saved : WithAdvice(status, wanted.lock);
}

}  // namespace weighbridge
