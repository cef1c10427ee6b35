#include "fetch/fetch_file.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/damage.h"
#include "fetch/download/download.h"
#include "fetch/download/partial_file.h"
#include "fetch/download/target_lock.h"
#include "fetch/fetch_options.h"
#include "fetch/file_hasher.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/place_file.h"
#include "fetch/placement.h"
#include "fetch/regular_file.h"
#include "fetch/resolve.h"
#include "fetch/retry.h"
#include "fetch/target_path.h"
#include "fetch/transport.h"
#include "fetch/uri.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

std::string FolderOf(const std::string& path) {
  return fs::path(path).parent_path().string();
}

bool StandsFile(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::regular;
}

bool StandsSomething(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

// Pages and pointers that stand where weights should, for files that no hash would tell (docs/spec/fetching.md 2.8).
absl::Status CheckIsNoStandIn(const PartialFile& partial, int64_t size) {
  std::string begin(static_cast<size_t>(std::min<int64_t>(size, 64)), '\0');
  RETURN_IF_ERROR(partial.ReadAt(0, absl::MakeSpan(begin)));
  if (absl::StartsWith(begin, "version https://git-lfs.github.com/spec/")) {
    return absl::FailedPreconditionError(
        "this is a pointer of Git LFS and not the file itself; give the address that the pointer stands for");
  }
  if (absl::StartsWithIgnoreCase(begin, "<!doctype html") || absl::StartsWithIgnoreCase(begin, "<html")) {
    return absl::FailedPreconditionError("this is an HTML page and not the file itself");
  }
  return absl::OkStatus();
}

class Fetcher {
 public:
  Fetcher(const FileTask& task, const WeightsSource& source, const FetchOptions& options, Placement placement)
      : task_(task), locked_(source.files(task.file)), options_(options), placement_(std::move(placement)) {}

  absl::StatusOr<FetchedFile> Run() {
    absl::StatusOr<FetchedFile> result = Bring();
    // What the source stated has been compared with what was measured, like every other hash.
    if (result.ok()) result->witnessed = IsAllReceived(*result) || (IsStated(task_) && result->from == task_.remote.uri.ToString());
    return result;
  }

 private:
  static bool IsAllReceived(const FetchedFile& result) {
    return result.how == FetchedFile::How::kFetched && result.received >= result.measured.size;
  }

  absl::StatusOr<FetchedFile> Bring() {
    if (StandsSomething(task_.target)) {
      absl::StatusOr<MeasuredFile> found = Measure(task_.target, Links::kFollow);
      if (absl::IsNotFound(found.status())) return FromNowhere();
      if (!found.ok()) return found.status();
      const absl::Status right = Judge(*found);
      if (right.ok()) return WasThere(*std::move(found));
      damaged_ = DamagedRanges(locked_, *found);
      if (!options_.overwrite) {
        const bool part = !damaged_.empty() && damaged_[0].size() < found->size;
        return absl::AlreadyExistsError(absl::StrCat("stands there and is not the wanted file: ", right.message(),
                                                     part ? absl::StrCat("; damaged are bytes ", RangesText(damaged_)) : "",
                                                     "; --overwrite fetches ", part ? "what is damaged" : "it", " again"));
      }
      mending_ = found->size == locked_.size() && !task_.remote.hashes.empty();
    }
    return FromElsewhere();
  }

  // A link stands at the target, and what it leads to, a cache perhaps, is gone.
  absl::StatusOr<FetchedFile> FromNowhere() {
    if (options_.overwrite) return FromElsewhere();
    return absl::AlreadyExistsError("is a link, and what it leads to is not there; --overwrite fetches it again");
  }

  absl::StatusOr<FetchedFile> FromElsewhere() {
    RETURN_IF_ERROR(MakeFolders());
    if (!task_.same_as.empty() && !IsInHubCache()) return FromSame();
    return UnderLock();
  }

  absl::StatusOr<MeasuredFile> Measure(const std::string& path, Links links) {
    return MeasureFile(path, links, task_.remote.hashes, [this](int64_t) { return !*options_.download.stop; });
  }

  absl::Status Judge(const MeasuredFile& found) const {
    if (found.size != task_.remote.size)
      return absl::DataLossError(absl::StrCat("it has ", found.size, " bytes, expected ", task_.remote.size));
    RETURN_IF_ERROR(CheckMeasured(task_.remote.hashes, found.digests));
    return CheckNotRefused(locked_, found.digests.hashes.sha256);
  }

  absl::StatusOr<std::unique_ptr<TargetLock>> Lock(const std::string& path, bool keep) const {
    return TargetLock::Acquire(path, keep, *options_.download.stop, options_.download.on_message);
  }

  bool IsShared() const { return placement_.path != task_.target; }
  bool IsInHubCache() const { return placement_.keep_lock && task_.remote.uri.scheme == Uri::Scheme::kHub; }

  absl::Status MakeFolders() {
    ASSIGN_OR_RETURN(const RelativePath path, ParseTargetPath(task_.remote.path));
    RETURN_IF_ERROR(MakeFoldersOf(task_.folder, path));
    if (!IsShared()) return absl::OkStatus();
    RETURN_IF_ERROR(MakeFolder(FolderOf(placement_.path)));
    return MakeFolder(FolderOf(placement_.lock));
  }

  absl::StatusOr<FetchedFile> WasThere(MeasuredFile found) {
    PartialFile::RemoveJournal(placement_.partial);
    if (!placement_.keep_lock && StandsSomething(placement_.lock)) {
      // Nobody holds it any more, so that it goes.
      ASSIGN_OR_RETURN(const auto lock, Lock(placement_.lock, /*keep=*/false));
    }
    return FetchedFile{.how = FetchedFile::How::kWasThere, .from = task_.remote.uri.ToString(), .measured = std::move(found)};
  }

  absl::StatusOr<FetchedFile> FromSame() {
    RETURN_IF_ERROR(Copy(task_.same_as));
    ASSIGN_OR_RETURN(MeasuredFile found, Measure(task_.target, Links::kRefuse));
    RETURN_IF_ERROR(Judge(found));
    return FetchedFile{.how = FetchedFile::How::kCached, .from = task_.remote.uri.ToString(), .measured = std::move(found)};
  }

  absl::StatusOr<FetchedFile> UnderLock() {
    ASSIGN_OR_RETURN(const auto lock, Lock(placement_.lock, placement_.keep_lock));
    FetchedFile result{.how = FetchedFile::How::kCached, .from = task_.remote.uri.ToString(), .measured = {}};
    // Another run may have fetched it while we waited, or it is in a cache.
    // What stood at the target has been judged before.
    bool there = IsShared() ? StandsSomething(placement_.path) : damaged_.empty() && StandsFile(placement_.path);
    if (there) {
      absl::StatusOr<MeasuredFile> found = Measure(placement_.path, Links::kRefuse);
      // A FIFO, a folder or a link in a cache is nobody's file: neither read nor replaced.
      if (!found.ok() && !absl::IsNotFound(found.status())) return found.status();
      const absl::Status right = found.ok() ? Judge(*found) : found.status();
      // A blob of the hub's cache says itself what it should be, so mending it takes nothing from anybody.
      if (!right.ok() && !options_.overwrite && !IsInHubCache()) {
        return absl::AlreadyExistsError(
            absl::StrCat(placement_.path, " stands there and is not the wanted file: ", right.message(), "; --overwrite fetches it again"));
      }
      there = right.ok();
      if (there) result.measured = *std::move(found);
    }
    if (!there) {
      ASSIGN_OR_RETURN(result, FromAnyAddress());
    }
    // Not on the word of a lock alone: others believe what stands in a snapshot.
    if (IsInHubCache() && (IsStated(task_) || IsAllReceived(result))) {
      RETURN_IF_ERROR(options_.hub_cache->AddToSnapshot(task_.remote));
    }
    RETURN_IF_ERROR(IsShared() ? Deliver() : absl::OkStatus());
    return result;
  }

  // From the cache to the target.
  absl::Status Deliver() {
    if (!options_.symlink) return Copy(placement_.path);
    std::error_code error;
    const fs::path bytes = fs::canonical(placement_.path, error);
    return error ? absl::NotFoundError(absl::StrCat(placement_.path, ": ", error.message())) : MakeSymlink(bytes.string(), task_.target);
  }

  absl::Status Copy(const std::string& existing) {
    ASSIGN_OR_RETURN(const auto lock, Lock(PlaceAt(task_.target).lock, /*keep=*/false));
    return CopyFile(existing, task_.target, *options_.download.stop);
  }

  absl::StatusOr<FetchedFile> FromAnyAddress() {
    absl::StatusOr<FetchedFile> result = From(task_.remote.uri);
    const absl::Status first = result.status();
    for (const Uri& mirror : task_.mirrors) {
      const bool other_may_help = absl::IsNotFound(result.status()) || absl::IsPermissionDenied(result.status()) ||
                                  absl::IsFailedPrecondition(result.status()) || absl::IsUnavailable(result.status());
      if (result.ok() || !other_may_help || options_.offline) break;
      options_.download.on_message(absl::StrCat(task_.remote.path, ": ", result.status().message(), "; trying ", mirror.ToString()));
      result = From(mirror);
    }
    return result.ok() ? result : absl::StatusOr<FetchedFile>(first);
  }

  absl::StatusOr<FetchedFile> From(const Uri& uri) {
    RETURN_IF_ERROR(CheckHasQuery(uri));
    if (options_.offline && uri.scheme != Uri::Scheme::kFile) {
      return absl::NotFoundError(absl::StrCat("is not here, and --offline forbids to fetch it from ", uri.ToString()));
    }
    std::error_code error;
    if (uri.scheme == Uri::Scheme::kFile && fs::equivalent(uri.path, task_.target, error) && !error) {
      return absl::FailedPreconditionError("is its own source");
    }
    RemoteFile file = task_.remote;
    file.uri = uri;
    const std::unique_ptr<RemoteReader> reader = options_.transports.For(uri).Open(file);
    for (int attempt = 1;; ++attempt) {
      absl::StatusOr<FetchedFile> result = Attempt(*reader, file, attempt == 2);
      if (!absl::IsDataLoss(result.status()) || attempt == 2) return result;
      options_.download.on_message(absl::StrCat(task_.remote.path, ": ", result.status().message(), "; fetching it once more"));
    }
  }

  // Copies what stands at the target and says in the journal which ranges of it are right: then fetching goes on from there.
  absl::Status PrepareMending(const RemoteFile& file) {
    RETURN_IF_ERROR(CopyFile(task_.target, placement_.partial, *options_.download.stop));
    ASSIGN_OR_RETURN(std::unique_ptr<PartialFile> partial, PartialFile::Open(placement_.partial, file.size));
    DownloadJournal journal;
    journal.set_uri(file.uri.ToString());
    journal.set_size(file.size);
    journal.set_sha256(file.hashes.sha256);
    for (const ByteRange& range : Between(damaged_, file.size)) {
      DownloadJournal::Range& done = *journal.add_done();
      done.set_begin(range.begin);
      done.set_end(range.end);
    }
    return partial->Save(journal);
  }

  absl::StatusOr<FetchedFile> Attempt(RemoteReader& reader, const RemoteFile& file, bool last) {
    const bool mending = std::exchange(mending_, false);
    if (mending) {
      RETURN_IF_ERROR(PrepareMending(file));
    }
    ASSIGN_OR_RETURN(std::unique_ptr<PartialFile> partial, PartialFile::Open(placement_.partial, file.size));
    ASSIGN_OR_RETURN(Downloaded downloaded, Download(reader, file, *partial, options_.download));
    FetchedFile result{.how = mending ? FetchedFile::How::kMended : FetchedFile::How::kFetched,
                       .from = file.uri.ToString(),
                       .measured = {.size = file.size, .digests = std::move(downloaded.digests)},
                       .received = downloaded.received};
    absl::Status status = Judge(result.measured);
    if (status.ok() && file.size > 0) status = CheckIsNoStandIn(*partial, file.size);
    if (status.ok()) status = partial->Publish(placement_.path);
    if (status.ok()) return result;
    options_.download.on_bytes(-file.size);
    if (absl::IsDataLoss(status) && last) {
      const std::string bad = task_.target + ".bad";
      const absl::Status kept = RenameAside(placement_.partial, bad);
      if (kept.ok()) status = Annotate(status, absl::StrCat("kept aside as ", bad));
      if (absl::IsAlreadyExists(kept)) status = Annotate(status, absl::StrCat("not kept, since ", kept.message()));
    }
    if (absl::IsDataLoss(status) || absl::IsFailedPrecondition(status)) partial->Discard();
    return status;
  }

  const FileTask& task_;
  const LockedFile& locked_;
  const FetchOptions& options_;
  const Placement placement_;
  std::vector<ByteRange> damaged_;  // Of what stands at the target.
  bool mending_ = false;            // The rest of it can be used.
};

}  // namespace

absl::StatusOr<FetchedFile> FetchFile(const FileTask& task, const WeightsSource& source, const FetchOptions& options) {
  ASSIGN_OR_RETURN(Placement placement, PlaceFor(task, source, options), Annotate(_, task.target));
  absl::StatusOr<FetchedFile> result = Fetcher(task, source, options, std::move(placement)).Run();
  if (!result.ok() && !absl::IsCancelled(result.status())) return Annotate(result.status(), task.target);
  return result;
}

}  // namespace weighbridge
