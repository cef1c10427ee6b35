#include "tools/fetch.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/printable.h"
#include "base/status.h"
#include "fetch/check.h"
#include "fetch/download/rate_limiter.h"
#include "fetch/download/target_lock.h"
#include "fetch/drive/drive_transport.h"
#include "fetch/fetch_all.h"
#include "fetch/fetch_file.h"
#include "fetch/fetch_options.h"
#include "fetch/http/http_client.h"
#include "fetch/http/plain_transport.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/hub/hub_transport.h"
#include "fetch/local/local_transport.h"
#include "fetch/lock_file.h"
#include "fetch/placement.h"
#include "fetch/queries.h"
#include "fetch/resolve.h"
#include "fetch/retry.h"
#include "fetch/sets/sets.h"
#include "fetch/target_path.h"
#include "fetch/url.h"
#include "fetch/wanted_weights.h"
#include "proto/weights_lock.pb.h"
#include "tools/fetch_report.h"
#include "tools/progress.h"

namespace weighbridge {
namespace {

constexpr int kAllStreams = 8;

// Everything that a run needs and that its parts share.
class Run {
 public:
  static absl::StatusOr<std::unique_ptr<Run>> Make(const FetchToolOptions& options) {
    ASSIGN_OR_RETURN(Url hub, ParseUrl(options.environment.hub_endpoint), Annotate(_, "HF_ENDPOINT"));
    ASSIGN_OR_RETURN(Url drive, ParseUrl(options.drive_endpoint), Annotate(_, "--drive_endpoint"));
    return std::unique_ptr<Run>(new Run(options, std::move(hub), std::move(drive)));
  }

  void Say(const std::string& message) {
    const std::lock_guard lock(mutex_);
    if (!options_.common.quiet) std::cerr << Printable(message) << "\n";
  }

  Transports transports() { return {.hub = &hub_, .drive = &drive_, .http = &plain_, .file = &local_}; }

  ResolveOptions resolve_options(Queries queries) {
    return {.transports = transports(),
            .hub_cache = hub_cache(),
            .offline = offline(),
            .queries = std::move(queries),
            .retry = retry_policy(),
            .stop = options_.common.stop,
            .on_message = [this](const std::string& message) { Say(message); }};
  }

  FetchOptions fetch_options() {
    DownloadOptions download;
    download.streams = options_.streams;
    download.segment_size = options_.segment_size;
    download.retry = retry_policy();
    download.limiter = &limiter_;
    download.all_streams = &all_streams_;
    download.stop = options_.common.stop;
    download.on_bytes = [this](int64_t count) { AddProgress(count); };
    download.on_message = [this](const std::string& message) { Say(message); };
    return {.transports = transports(),
            .download = std::move(download),
            .hub_cache = hub_cache(),
            .paddlenlp_home = options_.environment.paddlenlp_home,
            .receipts = options_.environment.receipts,
            .overwrite = options_.overwrite,
            .offline = offline(),
            .symlink = options_.symlink};
  }

  void AddProgress(int64_t count) {
    const std::lock_guard lock(mutex_);
    progress_.Add(count);
  }
  Progress& progress() { return progress_; }
  int64_t requests() const { return client_.requests(); }

 private:
  Run(const FetchToolOptions& options, Url hub, Url drive)
      : options_(options),
        client_({.ca_file = options.environment.ca_file,
                 .ca_folder = options.environment.ca_folder,
                 .stall_timeout = options.stall_timeout,
                 .stop = options.common.stop}),
        hub_(client_, std::move(hub), options.environment.hub_token),
        drive_(client_, std::move(drive)),
        plain_(client_),
        cache_(options.environment.hub_cache),
        limiter_(options.limit_rate),
        progress_(options.common.quiet) {}

  bool offline() const { return options_.offline || options_.environment.offline; }
  const HubCache* hub_cache() const { return options_.environment.hub_cache.empty() ? nullptr : &cache_; }

  RetryPolicy retry_policy() {
    RetryPolicy policy;
    policy.first_wait = options_.retry_wait;
    policy.on_wait = [this](const std::string& message) { Say(message); };
    return policy;
  }

  const FetchToolOptions& options_;
  HttpClient client_;
  HubTransport hub_;
  DriveTransport drive_;
  PlainTransport plain_;
  LocalTransport local_;
  HubCache cache_;
  RateLimiter limiter_;
  std::counting_semaphore<> all_streams_{kAllStreams};
  std::mutex mutex_;
  Progress progress_;
};

absl::StatusOr<std::optional<WeightsLock>> ReadExisting(const std::string& path) {
  absl::StatusOr<WeightsLock> lock = ReadWeightsLock(path);
  if (absl::IsNotFound(lock.status())) return std::optional<WeightsLock>();
  if (!lock.ok()) return lock.status();
  return std::optional<WeightsLock>(*std::move(lock));
}

absl::Status Save(const WeightsLock& lock, const std::string& path, Run& run, const FetchToolOptions& options) {
  RETURN_IF_ERROR(MakeFolder(std::filesystem::path(path).parent_path().string()));
  const auto held =
      TargetLock::Acquire(path + ".part.lock", /*keep=*/false, *options.common.stop, [&](const std::string& text) { run.Say(text); });
  if (!held.ok()) return held.status();
  return WriteWeightsLock(lock, path);
}

// A failure with what the sets know of its address.
absl::Status WithAdvice(const absl::Status& failure, const WeightsLock& wanted) {
  for (const WeightsSource& source : wanted.sources()) {
    const std::string advice = AdviceOn(source.uri());
    if (absl::IsNotFound(failure) && !advice.empty()) return absl::NotFoundError(absl::StrCat(failure.message(), "; ", advice));
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

absl::Status FetchFiles(WeightsLock& lock, const std::vector<FileTask>& tasks, Run& run, FetchReport& report) {
  const FetchOptions options = run.fetch_options();
  absl::Status status = CheckSpace(lock, tasks, options);
  if (!status.ok()) return status;
  int64_t total = 0;
  for (const FileTask& task : tasks) total += task.remote.size;
  run.progress().Start("fetching", total);
  status = FetchAll(lock, tasks, options, [&](size_t i, const absl::StatusOr<FetchedFile>& result) {
    if (result.ok() && result->received == 0) run.AddProgress(tasks[i].remote.size);
    report.Add(tasks[i], result);
  });
  run.progress().Finish();
  if (absl::IsCancelled(status)) return absl::CancelledError("stopped; the same command goes on from here");
  return status;
}

absl::StatusOr<bool> Check(const WeightsLock& lock, const FetchToolOptions& options, std::ostream& out) {
  int64_t total = 0;
  for (const WeightsSource& source : lock.sources()) {
    for (const LockedFile& file : source.files()) total += file.size();
  }
  Progress progress(options.common.quiet);
  std::mutex mutex;
  progress.Start("checking", total);
  absl::StatusOr<std::vector<CheckFinding>> findings =
      CheckFolder(lock, options.into, {.threads = options.common.threads, .stop = options.common.stop, .on_bytes = [&](int64_t count) {
                                         const std::lock_guard guard(mutex);
                                         progress.Add(count);
                                       }});
  progress.Finish();
  if (!findings.ok()) return findings.status();
  PrintFindings(lock, *findings, options.json, out);
  for (const CheckFinding& finding : *findings) {
    if (finding.kind != CheckFinding::Kind::kUnverified || options.require_hash) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<bool> Fetch(const FetchToolOptions& options, std::ostream& out) {
  const std::string lock_path = options.lock.empty() ? absl::StrCat(options.into, "/", kLockName) : options.lock;
  ASSIGN_OR_RETURN(std::optional<WeightsLock> existing, ReadExisting(lock_path));
  Queries queries;
  RETURN_IF_ERROR(existing.has_value() ? TakeQueries(*existing, queries) : absl::OkStatus());
  ASSIGN_OR_RETURN(WeightsLock lock, WantedWeights(options.request, existing, queries));
  if (options.check) return Check(WithOtherSources(std::move(lock), existing), options, out);
  ASSIGN_OR_RETURN(std::unique_ptr<Run> run, Run::Make(options));
  ASSIGN_OR_RETURN(std::vector<FileTask> tasks, ResolveLock(lock, options.into, run->resolve_options(std::move(queries))),
                   WithAdvice(_, lock));
  RETURN_IF_ERROR(options.require_hash ? CheckHashesKnown(tasks) : absl::OkStatus());
  if (options.dry_run) {
    PrintPlan(lock, tasks, run->fetch_options(), options.json, out);
    return true;
  }
  // Once before, so that an interrupted fetch goes on with the same commits; once after, with all that was learned.
  RETURN_IF_ERROR(Save(WithOtherSources(lock, existing), lock_path, *run, options));
  FetchReport report(options.json, options.common.quiet, out);
  absl::Status status = FetchFiles(lock, tasks, *run, report);
  const absl::Status saved = Save(WithOtherSources(lock, existing), lock_path, *run, options);
  if (status.ok()) status = saved;
  if (options.verbose) run->Say(absl::StrCat(run->requests(), " requests"));
  if (!status.ok()) return WithAdvice(status, lock);
  report.Finish(NextStepsOf(lock, options.into));
  return true;
}

}  // namespace weighbridge
