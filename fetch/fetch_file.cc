#include "fetch/fetch_file.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/damage.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/disk/placement.h"
#include "fetch/disk/regular_file.h"
#include "fetch/download/partial_file.h"
#include "fetch/download/target_lock.h"
#include "fetch/fetch_bytes.h"
#include "fetch/fetch_options.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/lock/target_path.h"
#include "fetch/place_file.h"
#include "fetch/resolve.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

bool StandsFile(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::regular;
}

bool StandsSomething(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
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
      const absl::Status right = CheckIsWanted(task_, locked_, *found);
      if (right.ok()) return WasThere(*std::move(found));
      const std::vector<ByteRange> damaged = DamagedRanges(locked_, *found);
      if (!options_.overwrite) {
        const bool part = !damaged.empty() && damaged[0].size() < found->size;
        return absl::AlreadyExistsError(absl::StrCat("stands there and is not the wanted file: ", right.message(),
                                                     part ? absl::StrCat("; damaged are bytes ", RangesText(damaged)) : "",
                                                     "; --overwrite fetches ", part ? "what is damaged" : "it", " again"));
      }
      is_damaged_ = !damaged.empty();
      if (found->size == locked_.size() && !task_.remote.hashes.empty()) usable_ = Between(damaged, locked_.size());
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
    RETURN_IF_ERROR(CheckIsWanted(task_, locked_, found));
    return FetchedFile{.how = FetchedFile::How::kCached, .from = task_.remote.uri.ToString(), .measured = std::move(found)};
  }

  absl::StatusOr<FetchedFile> UnderLock() {
    ASSIGN_OR_RETURN(const auto lock, Lock(placement_.lock, placement_.keep_lock));
    FetchedFile result{.how = FetchedFile::How::kCached, .from = task_.remote.uri.ToString(), .measured = {}};
    // Another run may have fetched it while we waited, or it is in a cache.
    // What stood at the target has been judged before.
    bool there = IsShared() ? StandsSomething(placement_.path) : !is_damaged_ && StandsFile(placement_.path);
    if (there) {
      absl::StatusOr<MeasuredFile> found = Measure(placement_.path, Links::kRefuse);
      // A FIFO, a folder or a link in a cache is nobody's file: neither read nor replaced.
      if (!found.ok() && !absl::IsNotFound(found.status())) return found.status();
      const absl::Status right = found.ok() ? CheckIsWanted(task_, locked_, *found) : found.status();
      // A blob of the hub's cache says itself what it should be, so mending it takes nothing from anybody.
      if (!right.ok() && !options_.overwrite && !IsInHubCache()) {
        return absl::AlreadyExistsError(
            absl::StrCat(placement_.path, " stands there and is not the wanted file: ", right.message(), "; --overwrite fetches it again"));
      }
      there = right.ok();
      if (there) result.measured = *std::move(found);
    }
    if (!there) {
      ASSIGN_OR_RETURN(FetchedBytes bytes, FetchBytes(task_, locked_, placement_, usable_, options_));
      result = {.how = bytes.mended ? FetchedFile::How::kMended : FetchedFile::How::kFetched,
                .from = std::move(bytes.from),
                .measured = std::move(bytes.measured),
                .received = bytes.received};
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

  const FileTask& task_;
  const LockedFile& locked_;
  const FetchOptions& options_;
  const Placement placement_;
  // Of what stands at the target:
  bool is_damaged_ = false;
  std::optional<std::vector<ByteRange>> usable_;
};

}  // namespace

absl::StatusOr<FetchedFile> FetchFile(const FileTask& task, const WeightsSource& source, const FetchOptions& options) {
  ASSIGN_OR_RETURN(Placement placement, PlaceFor(task, source, options), Annotate(_, task.target));
  absl::StatusOr<FetchedFile> result = Fetcher(task, source, options, std::move(placement)).Run();
  if (!result.ok() && !absl::IsCancelled(result.status())) return Annotate(result.status(), task.target);
  return result;
}

}  // namespace weighbridge
