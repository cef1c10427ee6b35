#include "fetch/fetch_bytes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/disk/placement.h"
#include "fetch/download/download.h"
#include "fetch/download/partial_file.h"
#include "fetch/fetch_options.h"
#include "fetch/resolve.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

// Pages and pointers that stand where weights should, for files that no hash would tell (docs/spec/fetching.md 2.8).
absl::Status CheckIsNotPageOrPointer(const PartialFile& partial, int64_t size) {
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

// Whether a mirror may have what an address did not give.
bool MirrorMayHelp(const absl::Status& failure) {
  return absl::IsNotFound(failure) || absl::IsPermissionDenied(failure) || absl::IsFailedPrecondition(failure) ||
         absl::IsUnavailable(failure);
}

class BytesFetcher {
 public:
  BytesFetcher(const FileTask& task, const LockedFile& locked, const Placement& placement,
               const std::optional<std::vector<ByteRange>>& usable, const FetchOptions& options)
      : task_(task), locked_(locked), placement_(placement), usable_(usable), options_(options) {}

  absl::StatusOr<FetchedBytes> FromAnyAddress() {
    absl::StatusOr<FetchedBytes> result = From(task_.remote.uri);
    const absl::Status first = result.status();
    for (const Uri& mirror : task_.mirrors) {
      if (result.ok() || !MirrorMayHelp(result.status()) || options_.offline) break;
      options_.download.on_message(absl::StrCat(task_.remote.path, ": ", result.status().message(), "; trying ", mirror.ToString()));
      result = From(mirror);
    }
    return result.ok() ? result : absl::StatusOr<FetchedBytes>(first);
  }

 private:
  absl::StatusOr<FetchedBytes> From(const Uri& uri) {
    RETURN_IF_ERROR(CheckHasQuery(uri));
    if (options_.offline && uri.scheme != Uri::Scheme::kFile) {
      return absl::NotFoundError(absl::StrCat("is not here, and --offline forbids to fetch it from ", uri.ToString()));
    }
    std::error_code error;
    if (uri.scheme == Uri::Scheme::kFile && std::filesystem::equivalent(uri.path, task_.target, error) && !error) {
      return absl::FailedPreconditionError("is its own source");
    }
    RemoteFile file = task_.remote;
    file.uri = uri;
    const std::unique_ptr<RemoteReader> reader = options_.transports.For(uri).Open(file);
    for (int attempt = 1;; ++attempt) {
      absl::StatusOr<FetchedBytes> result = Attempt(*reader, file, attempt == 2);
      if (!absl::IsDataLoss(result.status()) || attempt == 2) return result;
      options_.download.on_message(absl::StrCat(task_.remote.path, ": ", result.status().message(), "; fetching it once more"));
    }
  }

  absl::StatusOr<FetchedBytes> Attempt(RemoteReader& reader, const RemoteFile& file, bool last) {
    // Once: afterwards what was usable has been part of a wrong file.
    const bool mending = usable_.has_value() && !std::exchange(mended_, true);
    if (mending) {
      RETURN_IF_ERROR(PrepareMending(file, *usable_));
    }
    ASSIGN_OR_RETURN(std::unique_ptr<PartialFile> partial, PartialFile::Open(placement_.partial, file.size));
    ASSIGN_OR_RETURN(Downloaded downloaded, Download(reader, file, *partial, options_.download));
    FetchedBytes result{.from = file.uri.ToString(),
                        .measured = {.size = file.size, .digests = std::move(downloaded.digests)},
                        .received = downloaded.received,
                        .mended = mending};
    absl::Status status = CheckIsWanted(task_, locked_, result.measured);
    if (status.ok() && file.size > 0) status = CheckIsNotPageOrPointer(*partial, file.size);
    if (status.ok()) status = partial->Publish(placement_.path);
    if (status.ok()) return result;
    options_.download.on_bytes(-file.size);
    if (absl::IsDataLoss(status) && last) status = KeepAside(status);
    if (absl::IsDataLoss(status) || absl::IsFailedPrecondition(status)) partial->Discard();
    return status;
  }

  // Copies what stands at the target and says in the journal which ranges of it are right: then fetching goes on from there.
  absl::Status PrepareMending(const RemoteFile& file, const std::vector<ByteRange>& usable) {
    RETURN_IF_ERROR(CopyFile(task_.target, placement_.partial, *options_.download.stop));
    ASSIGN_OR_RETURN(std::unique_ptr<PartialFile> partial, PartialFile::Open(placement_.partial, file.size));
    DownloadJournal journal;
    journal.set_uri(file.uri.ToString());
    journal.set_size(file.size);
    journal.set_sha256(file.hashes.sha256);
    for (const ByteRange& range : usable) {
      DownloadJournal::Range& done = *journal.add_done();
      done.set_begin(range.begin);
      done.set_end(range.end);
    }
    return partial->Save(journal);
  }

  // The failure, with what became of the wrong file.
  absl::Status KeepAside(const absl::Status& failure) {
    const std::string bad = task_.target + ".bad";
    const absl::Status kept = RenameAside(placement_.partial, bad);
    if (kept.ok()) return Annotate(failure, absl::StrCat("kept aside as ", bad));
    return absl::IsAlreadyExists(kept) ? Annotate(failure, absl::StrCat("not kept, since ", kept.message())) : failure;
  }

  const FileTask& task_;
  const LockedFile& locked_;
  const Placement& placement_;
  const std::optional<std::vector<ByteRange>>& usable_;
  const FetchOptions& options_;
  bool mended_ = false;
};

}  // namespace

absl::Status CheckIsWanted(const FileTask& task, const LockedFile& locked, const MeasuredFile& found) {
  if (found.size != task.remote.size) {
    return absl::DataLossError(absl::StrCat("it has ", found.size, " bytes, expected ", task.remote.size));
  }
  RETURN_IF_ERROR(CheckMeasured(task.remote.hashes, found.digests));
  return CheckNotRefused(locked, found.digests.hashes.sha256);
}

absl::StatusOr<FetchedBytes> FetchBytes(const FileTask& task, const LockedFile& locked, const Placement& placement,
                                        const std::optional<std::vector<ByteRange>>& usable, const FetchOptions& options) {
  return BytesFetcher(task, locked, placement, usable, options).FromAnyAddress();
}

}  // namespace weighbridge
