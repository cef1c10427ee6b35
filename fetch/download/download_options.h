#ifndef WEIGHBRIDGE_FETCH_DOWNLOAD_DOWNLOAD_OPTIONS_H_
#define WEIGHBRIDGE_FETCH_DOWNLOAD_DOWNLOAD_OPTIONS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <semaphore>
#include <string>

#include "absl/time/time.h"
#include "fetch/download/rate_limiter.h"
#include "fetch/retry.h"

namespace weighbridge {

// What all downloads of a run share.
struct DownloadOptions {
  int streams = 4;  // Of one file, at most.
  int64_t segment_size = int64_t{32} << 20;
  // How long what was fetched may stay unsaved: what is lost when the program is killed.
  absl::Duration save_every = absl::Milliseconds(100);
  RetryPolicy retry;
  RateLimiter* limiter = nullptr;                      // Never null.
  std::counting_semaphore<>* all_streams = nullptr;    // Streams of all files; never null.
  const std::atomic<bool>* stop = nullptr;             // Never null.
  std::function<void(int64_t bytes)> on_bytes;         // Told of what arrives; negative for what is thrown away. From any thread.
  std::function<void(const std::string&)> on_message;  // Told why something starts over or waits. From any thread.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DOWNLOAD_DOWNLOAD_OPTIONS_H_
