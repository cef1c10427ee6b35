#include "fetch/fetch_all.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/fetch_file.h"
#include "fetch/fetch_options.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/place_file.h"
#include "fetch/receipt.h"
#include "fetch/resolve.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

constexpr int kFilesAtOnce = 4;
constexpr int64_t kSpareBytes = int64_t{64} << 20;

// For each task the earlier one with the same SHA-256 and size, or its own number.
std::vector<size_t> FirstOfSame(const std::vector<FileTask>& tasks) {
  std::map<std::pair<std::string, int64_t>, size_t> first;
  std::vector<size_t> result;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const std::string& sha256 = tasks[i].remote.hashes.sha256;
    result.push_back(sha256.empty() ? i : first.emplace(std::make_pair(sha256, tasks[i].remote.size), i).first->second);
  }
  return result;
}

// Results in the order of tasks, whatever the order in which they come.
class InOrder {
 public:
  using Result = absl::StatusOr<FetchedFile>;

  InOrder(size_t count, const std::function<void(size_t, const Result&)>& on_result) : results_(count), on_result_(on_result) {}

  void Add(size_t task, Result result) {
    const std::lock_guard lock(mutex_);
    results_[task] = std::move(result);
    for (; next_ < results_.size() && results_[next_].has_value(); ++next_) on_result_(next_, *results_[next_]);
  }

  const Result& operator[](size_t task) const { return *results_[task]; }

 private:
  std::mutex mutex_;
  std::vector<std::optional<Result>> results_;
  const std::function<void(size_t, const Result&)>& on_result_;
  size_t next_ = 0;
};

void Record(const FileTask& task, const FetchedFile& fetched, LockedFile& file) {
  const std::string own = file.uri();
  if (fetched.from != own) {
    file.set_uri(fetched.from);
    for (std::string& mirror : *file.mutable_mirrors()) {
      if (mirror == fetched.from) mirror = own;
    }
  }
  file.set_size(task.remote.size);
  file.set_sha256(fetched.measured.digests.hashes.sha256);
  file.set_chunk_size(kLockChunk);
  file.clear_chunk_xxh3();
  for (const std::string& chunk : fetched.measured.digests.chunks) file.add_chunk_xxh3(chunk);
}

// Where files came from is of use and no condition: a folder that cannot be written is told and no failure.
void GiveReceipt(const FileTask& task, const FetchedFile& fetched, const FetchOptions& options) {
  Receipt receipt;
  const absl::StatusOr<Uri> from = ParseUri(fetched.from);
  receipt.set_uri(fetched.from);
  if (from.ok() && from->scheme == Uri::Scheme::kHub) receipt.set_revision(from->revision);
  receipt.set_size(fetched.measured.size);
  receipt.set_sha256(fetched.measured.digests.hashes.sha256);
  const absl::Status status = WriteReceipt(options.receipts, task.target, receipt);
  if (!status.ok()) options.download.on_message(absl::StrCat(task.target, ": where it came from is not kept: ", status.message()));
}

// Notes in the hub's cache what a revision stood for, for sources of which everything is there, as the hub itself listed it just now.
absl::Status RecordRevisions(const WeightsLock& lock, const std::vector<bool>& complete, const HubCache& cache) {
  for (int s = 0; s < lock.sources_size(); ++s) {
    const absl::StatusOr<Uri> uri = ParseUri(lock.sources(s).uri());
    if (!complete[static_cast<size_t>(s)] || !uri.ok() || uri->scheme != Uri::Scheme::kHub) continue;
    const std::string revision = uri->revision.empty() ? "main" : uri->revision;
    RETURN_IF_ERROR(cache.SetRevision(uri->repository, revision, lock.sources(s).revision()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSpace(const WeightsLock& lock, const std::vector<FileTask>& tasks, const FetchOptions& options) {
  struct Disk {
    int64_t needed = 0;
    std::string folder;
  };
  std::map<dev_t, Disk> disks;
  const std::vector<size_t> first = FirstOfSame(tasks);
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (first[i] != i) continue;
    const TaskSpace space = SpaceFor(tasks[i], lock.sources(tasks[i].source), options);
    for (const NeededSpace& part : {space.fetched, space.copied}) {
      struct stat status;
      if (part.bytes == 0 || stat(part.folder.c_str(), &status) != 0) continue;
      disks[status.st_dev].needed += part.bytes;
      disks[status.st_dev].folder = part.folder;
    }
  }
  for (const auto& [device, disk] : disks) {
    struct statvfs status;
    if (statvfs(disk.folder.c_str(), &status) != 0) continue;
    const auto free = static_cast<int64_t>(status.f_bavail * status.f_frsize);
    if (disk.needed + kSpareBytes > free) {
      return absl::ResourceExhaustedError(
          absl::StrCat(disk.folder, ": ", disk.needed, " bytes are to be fetched, and the disk has room for ", free));
    }
  }
  return absl::OkStatus();
}

absl::Status FetchAll(WeightsLock& lock, const std::vector<FileTask>& tasks, const FetchOptions& options,
                      const std::function<void(size_t task, const absl::StatusOr<FetchedFile>&)>& on_result) {
  const std::vector<size_t> first = FirstOfSame(tasks);
  InOrder results(tasks.size(), on_result);
  std::atomic<bool> full = false;
  const auto fetch = [&](size_t i, const FileTask& task) {
    if (full)
      return results.Add(i, absl::ResourceExhaustedError(absl::StrCat(task.target, ": not fetched, since there is no room for more")));
    if (*options.download.stop) return results.Add(i, absl::CancelledError("stopped"));
    absl::StatusOr<FetchedFile> fetched = FetchFile(task, lock.sources(task.source), options);
    if (fetched.ok() && fetched->witnessed && !options.receipts.empty()) GiveReceipt(task, *fetched, options);
    if (absl::IsResourceExhausted(fetched.status())) full = true;
    results.Add(i, std::move(fetched));
  };
  RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(tasks.size()), kFilesAtOnce, /*stop=*/nullptr, [&](int64_t index, int) {
    const auto i = static_cast<size_t>(index);
    if (first[i] == i) fetch(i, tasks[i]);
    return absl::OkStatus();
  }));
  // The same bytes under another name: from the file that is there now, without network.
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (first[i] == i) continue;
    FileTask copy = tasks[i];
    if (results[first[i]].ok()) copy.same_as = tasks[first[i]].target;
    fetch(i, copy);
  }
  std::vector<bool> complete(static_cast<size_t>(lock.sources_size()), true);
  absl::Status failure;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const absl::StatusOr<FetchedFile>& result = results[i];
    if (result.ok()) Record(tasks[i], *result, *lock.mutable_sources(tasks[i].source)->mutable_files(tasks[i].file));
    if (!result.ok() || !tasks[i].listed) complete[static_cast<size_t>(tasks[i].source)] = false;
    if (failure.ok()) failure = result.status();
  }
  if (options.hub_cache == nullptr || !failure.ok()) return failure;
  return RecordRevisions(lock, complete, *options.hub_cache);
}

}  // namespace weighbridge
