#ifndef WEIGHBRIDGE_FETCH_DOWNLOAD_TRANSFER_H_
#define WEIGHBRIDGE_FETCH_DOWNLOAD_TRANSFER_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/download/download_options.h"
#include "fetch/download/partial_file.h"
#include "fetch/download/segment_map.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// One attempt to complete a file, from what is there to its end: streams that fetch, a thread that hashes behind them, a thread that saves.
class Transfer {
 public:
  // `whole`: in one stream that asks for no range; nothing of the file is there then. All outlive the transfer.
  Transfer(RemoteReader& reader, const RemoteFile& file, PartialFile& partial, const DownloadOptions& options, bool whole,
           const DownloadJournal& journal);

  // Call once.
  absl::StatusOr<FileDigests> Run();

  int64_t received() const { return received_; }
  // What is there, for a later attempt.
  DownloadJournal Journal() const;

 private:
  void RunStream(bool first);
  absl::Status FetchPart(size_t id);
  absl::Status ReadOnce(size_t id, bool& progress);
  absl::Status OnStart(const BodyStart& start, const ByteRange& asked);
  absl::Status Write(size_t id, absl::string_view bytes);
  void Hash();
  void KeepSaving();
  void Fail(const absl::Status& status);

  RemoteReader& reader_;
  const RemoteFile& file_;
  PartialFile& partial_;
  const DownloadOptions& options_;
  const bool whole_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  SegmentMap map_;  // From here on under mutex_.
  std::string validator_;
  bool ranges_work_ = false;
  bool streams_done_ = false;
  absl::Status status_;  // The first failure.
  std::atomic<bool> cancelled_ = false;
  std::atomic<int64_t> received_ = 0;
  FileHasher hasher_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DOWNLOAD_TRANSFER_H_
