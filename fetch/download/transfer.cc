#include "fetch/download/transfer.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/download/download_options.h"
#include "fetch/download/partial_file.h"
#include "fetch/download/segment_map.h"
#include "fetch/retry.h"
#include "fetch/transport.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {
namespace {

// libcurl hands over 16 KiB at a time; so many are written together, but what comes slowly is not held back.
constexpr absl::Duration kWriteEvery = absl::Milliseconds(50);
constexpr size_t kWriteBytes = size_t{512} << 10;
constexpr absl::Duration kLongestUnsaved = absl::Seconds(5);
constexpr size_t kHashBytes = size_t{1} << 20;

std::vector<ByteRange> RangesOf(const DownloadJournal& journal) {
  std::vector<ByteRange> ranges;
  for (const DownloadJournal::Range& range : journal.done()) ranges.push_back({.begin = range.begin(), .end = range.end()});
  return ranges;
}

}  // namespace

Transfer::Transfer(RemoteReader& reader, const RemoteFile& file, PartialFile& partial, const DownloadOptions& options, bool whole,
                   const DownloadJournal& journal)
    : reader_(reader),
      file_(file),
      partial_(partial),
      options_(options),
      whole_(whole),
      map_(file.size, whole ? std::max<int64_t>(file.size, 1) : options.segment_size, RangesOf(journal)),
      validator_(journal.validator()),
      hasher_(file.size, file.hashes) {}

absl::StatusOr<FileDigests> Transfer::Run() {
  std::thread hash;
  std::thread save;
  std::vector<std::thread> streams;
  const bool worth_several = !whole_ && file_.size >= 2 * options_.segment_size;
  const size_t count = std::min(map_.waiting(), static_cast<size_t>(worth_several ? options_.streams : 1));
  try {
    hash = std::thread([this] { Hash(); });
    save = std::thread([this] { KeepSaving(); });
    for (size_t i = 0; i < count; ++i) streams.emplace_back([this, i] { RunStream(i == 0); });
  } catch (const std::exception& error) {
    // One stream is enough.
    if (streams.empty()) Fail(absl::ResourceExhaustedError(absl::StrCat("the system gives no thread: ", error.what())));
  }
  for (std::thread& stream : streams) stream.join();
  {
    const std::lock_guard lock(mutex_);
    streams_done_ = true;
  }
  changed_.notify_all();
  for (std::thread* thread : {&hash, &save}) {
    if (thread->joinable()) thread->join();
  }
  const std::lock_guard lock(mutex_);
  if (!status_.ok()) return status_;
  return hasher_.Finish();
}

void Transfer::Fail(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = status;
    cancelled_ = true;
  }
  changed_.notify_all();
}

void Transfer::RunStream(bool first) {
  // Only the first stream may wait for a place: it holds none.
  if (first) {
    options_.all_streams->acquire();
  } else {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ranges_work_ || cancelled_ || map_.waiting() == 0; });
    if (cancelled_ || !options_.all_streams->try_acquire()) return;
  }
  const absl::Cleanup release = [this] { options_.all_streams->release(); };
  while (!cancelled_) {
    std::optional<SegmentMap::Taken> part;
    {
      const std::lock_guard lock(mutex_);
      part = map_.Take();
    }
    changed_.notify_all();
    if (!part.has_value()) return;
    RETURN_IF_ERROR(FetchPart(part->id), Fail(_));
  }
}

absl::Status Transfer::FetchPart(size_t id) {
  return Retry(options_.retry, cancelled_, [&](bool& progress) { return ReadOnce(id, progress); });
}

absl::Status Transfer::ReadOnce(size_t id, bool& progress) {
  RemoteReader::Request request{.range = {}, .whole = whole_, .validator = "", .cancel = &cancelled_};
  {
    const std::lock_guard lock(mutex_);
    request.range = map_.Missing(id);
    request.validator = validator_;
  }
  if (request.range.size() == 0) return absl::OkStatus();
  // Whatever came of a whole file is worthless when it breaks off, unless ranges work after all.
  if (whole_ && request.range.begin > 0) request.whole = false;
  std::string buffer;
  buffer.reserve(kWriteBytes);
  absl::Time next_write = absl::Now() + kWriteEvery;
  absl::Status status = reader_.Read(
      request, [&](const BodyStart& start) { return OnStart(start, request.range); },
      [&](absl::string_view bytes) {
        options_.limiter->Spend(static_cast<int64_t>(bytes.size()), cancelled_);
        progress = true;
        buffer.append(bytes.data(), bytes.size());
        if (buffer.size() < kWriteBytes && absl::Now() < next_write) return absl::OkStatus();
        absl::Status written = Write(id, buffer);
        buffer.clear();
        next_write = absl::Now() + kWriteEvery;
        return written;
      });
  const absl::Status written = Write(id, buffer);
  return status.ok() ? written : status;
}

absl::Status Transfer::OnStart(const BodyStart& start, const ByteRange& asked) {
  const std::lock_guard lock(mutex_);
  if (!validator_.empty() && !start.validator.empty() && start.validator != validator_) {
    return absl::AbortedError("the file was changed meanwhile");
  }
  if (start.begin != asked.begin || (!whole_ && start.begin == 0 && !start.is_range)) {
    return absl::OutOfRangeError("the server sends the whole file when asked for a range");
  }
  if (validator_.empty()) validator_ = start.validator;
  if (start.is_range) ranges_work_ = true;
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status Transfer::Write(size_t id, absl::string_view bytes) {
  if (bytes.empty()) return absl::OkStatus();
  int64_t offset = 0;
  {
    const std::lock_guard lock(mutex_);
    offset = map_.Missing(id).begin;
  }
  RETURN_IF_ERROR(partial_.WriteAt(offset, bytes));
  const auto count = static_cast<int64_t>(bytes.size());
  {
    const std::lock_guard lock(mutex_);
    map_.Advance(id, count);
  }
  received_ += count;
  options_.on_bytes(count);
  changed_.notify_all();
  return absl::OkStatus();
}

void Transfer::Hash() {
  std::vector<char> buffer(kHashBytes);
  int64_t hashed = 0;
  while (hashed < file_.size) {
    int64_t prefix = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return cancelled_ || map_.Prefix() > hashed || (streams_done_ && map_.missing() > 0); });
      prefix = map_.Prefix();
      if (cancelled_ || prefix <= hashed) return;
    }
    while (hashed < prefix && !cancelled_) {
      const auto count = static_cast<size_t>(std::min<int64_t>(prefix - hashed, static_cast<int64_t>(buffer.size())));
      RETURN_IF_ERROR(partial_.ReadAt(hashed, absl::MakeSpan(buffer.data(), count)), Fail(_));
      hasher_.Update(absl::string_view(buffer.data(), count));
      hashed += static_cast<int64_t>(count);
    }
  }
}

void Transfer::KeepSaving() {
  absl::Time next = absl::Now() + options_.save_every;
  int64_t saved = received_;
  while (true) {
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(50), [this] { return streams_done_; });
      last = streams_done_;
      // A complete file is named at once; saving it would only delay that.
      if (last && map_.missing() == 0) return;
    }
    if (!last && *options_.stop) Fail(absl::CancelledError("stopped"));
    const absl::Time begin = absl::Now();
    if (last || (begin >= next && received_ != saved)) {
      saved = received_;
      RETURN_IF_ERROR(partial_.Save(Journal()), Fail(_));
      // On a slow disk at most a tenth of the time goes into saving.
      const absl::Time end = absl::Now();
      next = end + std::clamp(10 * (end - begin), options_.save_every, std::max(options_.save_every, kLongestUnsaved));
    }
    if (last) return;
  }
}

DownloadJournal Transfer::Journal() const {
  const std::lock_guard lock(mutex_);
  DownloadJournal journal;
  journal.set_uri(file_.uri.ToString());
  journal.set_validator(validator_);
  journal.set_size(file_.size);
  journal.set_sha256(file_.hashes.sha256);
  for (const ByteRange& range : map_.Done()) {
    DownloadJournal::Range& done = *journal.add_done();
    done.set_begin(range.begin);
    done.set_end(range.end);
  }
  return journal;
}

}  // namespace weighbridge
