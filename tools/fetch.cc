#include "tools/fetch.h"

#include <cstdint>
#include <iostream>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/printable.h"
#include "base/status.h"
#include "fetch/address/url.h"
#include "fetch/check.h"
#include "fetch/fetch_file.h"
#include "fetch/fetch_folder.h"
#include "fetch/http/curl_client.h"
#include "fetch/lock/target_path.h"
#include "fetch/lock/wanted_weights.h"
#include "fetch/resolve.h"
#include "fetch/session.h"
#include "proto/weights_lock.pb.h"
#include "tools/fetch_report.h"
#include "tools/progress.h"

namespace weighbridge {
namespace {

// What the user sees meanwhile. Thread-safe.
class Meanwhile {
 public:
  explicit Meanwhile(bool quiet) : quiet_(quiet), progress_(quiet) {}

  void Say(const std::string& message) {
    const std::lock_guard lock(mutex_);
    if (!quiet_) std::cerr << Printable(message) << "\n";
  }
  void Add(int64_t bytes) {
    const std::lock_guard lock(mutex_);
    progress_.Add(bytes);
  }
  Progress& progress() { return progress_; }

 private:
  const bool quiet_;
  std::mutex mutex_;
  Progress progress_;
};

absl::StatusOr<SessionOptions> SessionOptionsOf(const FetchToolOptions& options, Meanwhile& meanwhile) {
  ASSIGN_OR_RETURN(Url hub, ParseUrl(options.environment.hub_endpoint), Annotate(_, "HF_ENDPOINT"));
  ASSIGN_OR_RETURN(Url drive, ParseUrl(options.drive_endpoint), Annotate(_, "--drive_endpoint"));
  return SessionOptions{.hub = std::move(hub),
                        .drive = std::move(drive),
                        .hub_token = options.environment.hub_token,
                        .hub_cache = options.environment.hub_cache,
                        .paddlenlp_home = options.environment.paddlenlp_home,
                        .receipts = options.environment.receipts,
                        .offline = options.offline || options.environment.offline,
                        .overwrite = options.overwrite,
                        .symlink = options.symlink,
                        .limit_rate = options.limit_rate,
                        .streams = options.streams,
                        .segment_size = options.segment_size,
                        .retry_wait = options.retry_wait,
                        .stop = options.common.resources.stop,
                        .on_bytes = [&meanwhile](int64_t bytes) { meanwhile.Add(bytes); },
                        .on_message = [&meanwhile](const std::string& message) { meanwhile.Say(message); }};
}

absl::StatusOr<bool> Check(const WeightsLock& lock, const FetchToolOptions& options, Meanwhile& meanwhile, std::ostream& out) {
  int64_t total = 0;
  for (const WeightsSource& source : lock.sources()) {
    for (const LockedFile& file : source.files()) total += file.size();
  }
  meanwhile.progress().Start("checking", total);
  const auto on_bytes = [&](int64_t bytes) { meanwhile.Add(bytes); };
  const absl::StatusOr<std::vector<CheckFinding>> findings = CheckFolder(
      lock, options.into, {.threads = options.common.resources.threads, .stop = options.common.resources.stop, .on_bytes = on_bytes});
  meanwhile.progress().Finish();
  RETURN_IF_ERROR(findings.status());
  PrintFindings(lock, *findings, options.json, out);
  for (const CheckFinding& finding : *findings) {
    if (finding.kind != CheckFinding::Kind::kUnverified || options.require_hash) return false;
  }
  return true;
}

absl::Status FetchFiles(WantedFolder& wanted, const std::vector<FileTask>& tasks, const Session& session, Meanwhile& meanwhile,
                        FetchReport& report) {
  const auto on_begin = [&](int64_t bytes) { meanwhile.progress().Start("fetching", bytes); };
  const auto on_file = [&](const FileTask& task, const absl::StatusOr<FetchedFile>& result) {
    if (result.ok() && result->received == 0) meanwhile.Add(task.remote.size);
    report.Add(task, result);
  };
  absl::Status status = FetchFolder(wanted, tasks, session, {.on_begin = on_begin, .on_file = on_file});
  meanwhile.progress().Finish();
  return status;
}

}  // namespace

absl::StatusOr<bool> Fetch(const FetchToolOptions& options, std::ostream& out) {
  const std::string lock_path = options.lock.empty() ? absl::StrCat(options.into, "/", kLockName) : options.lock;
  ASSIGN_OR_RETURN(WantedFolder wanted, ReadWanted(options.request, options.into, lock_path));
  Meanwhile meanwhile(options.common.quiet);
  if (options.check) return Check(WholeLock(wanted), options, meanwhile, out);
  ASSIGN_OR_RETURN(const SessionOptions session_options, SessionOptionsOf(options, meanwhile));
  CurlClient client({.ca_file = options.environment.ca_file,
                     .ca_folder = options.environment.ca_folder,
                     .stall_timeout = options.stall_timeout,
                     .stop = options.common.resources.stop});
  const Session session(client, session_options);
  ASSIGN_OR_RETURN(const std::vector<FileTask> tasks, ResolveFolder(wanted, session, options.require_hash));
  if (options.dry_run) {
    PrintPlan(tasks, NeededBytes(wanted, tasks, session), options.json, out);
    return true;
  }
  FetchReport report(options.json, options.common.quiet, out);
  const absl::Status status = FetchFiles(wanted, tasks, session, meanwhile, report);
  if (options.verbose) meanwhile.Say(absl::StrCat(client.requests(), " requests"));
  RETURN_IF_ERROR(status);
  report.Finish(NextStepsOf(wanted.lock, options.into));
  return true;
}

}  // namespace weighbridge
