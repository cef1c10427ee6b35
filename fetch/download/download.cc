#include "fetch/download/download.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/download/download_options.h"
#include "fetch/download/partial_file.h"
#include "fetch/download/transfer.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

constexpr int kMaxStarts = 4;

// Whether what an earlier run fetched is a part of the same bytes (docs/spec/fetching.md R25, R28): the same address and size, and either a
// validator, with which the source is asked, or a hash that is checked at the end.
bool GoesWith(const DownloadJournal& journal, const RemoteFile& file) {
  return journal.uri() == file.uri.ToString() && journal.size() == file.size && journal.sha256() == file.hashes.sha256 &&
         (!journal.validator().empty() || !file.hashes.empty());
}

int64_t DoneBytes(const DownloadJournal& journal) {
  int64_t bytes = 0;
  for (const DownloadJournal::Range& range : journal.done()) bytes += range.end() - range.begin();
  return bytes;
}

}  // namespace

absl::StatusOr<Downloaded> Download(RemoteReader& reader, const RemoteFile& file, PartialFile& partial, const DownloadOptions& options) {
  DownloadJournal journal = partial.journal();
  if (!partial.note().empty()) options.on_message(absl::StrCat(file.path, ": starting over: ", partial.note()));
  if (!GoesWith(journal, file)) {
    const bool told = journal.done_size() == 0;
    if (!told) options.on_message(absl::StrCat(file.path, ": starting over: what was fetched before belongs to another file or state"));
    journal.Clear();
  }
  options.on_bytes(DoneBytes(journal));
  Downloaded result;
  // What is too small for several streams is asked for without a range: that every server understands.
  bool whole = journal.done_size() == 0 && file.size < 2 * options.segment_size;
  for (int start = 1;; ++start) {
    Transfer transfer(reader, file, partial, options, whole, journal);
    absl::StatusOr<FileDigests> digests = transfer.Run();
    result.received += transfer.received();
    if (digests.ok()) {
      result.digests = *std::move(digests);
      return result;
    }
    if (*options.stop) return absl::CancelledError("stopped");
    const bool again = absl::IsAborted(digests.status()) || absl::IsOutOfRange(digests.status());
    if (!again || start == kMaxStarts) return digests.status();
    options.on_message(absl::StrCat(file.path, ": starting over: ", digests.status().message()));
    options.on_bytes(-DoneBytes(transfer.Journal()));
    whole = whole || absl::IsOutOfRange(digests.status());
    journal.Clear();
    // So that no later run goes on with what is given up here.
    RETURN_IF_ERROR(partial.Save(journal));
  }
}

}  // namespace weighbridge
