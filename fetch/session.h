#ifndef WEIGHBRIDGE_FETCH_SESSION_H_
#define WEIGHBRIDGE_FETCH_SESSION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <semaphore>
#include <string>

#include "absl/time/time.h"
#include "fetch/address/url.h"
#include "fetch/download/rate_limiter.h"
#include "fetch/drive/drive_transport.h"
#include "fetch/fetch_options.h"
#include "fetch/http/http_client.h"
#include "fetch/http/plain_transport.h"
#include "fetch/hub/hub_cache.h"
#include "fetch/hub/hub_transport.h"
#include "fetch/local/local_transport.h"
#include "fetch/lock/queries.h"
#include "fetch/resolve.h"

namespace weighbridge {

// How a run fetches, whatever it fetches.
struct SessionOptions {
  Url hub;                                             // Where the hub is,
  Url drive;                                           // and Google Drive.
  std::string hub_token;                               // Empty for none.
  std::string hub_cache;                               // The folder of huggingface_hub's cache; empty for none.
  std::string paddlenlp_home;                          // PaddleNLP's cache; empty for none.
  std::string receipts;                                // The folder of receipts (fetch/receipt.h); empty for none.
  bool offline = false;                                // Nothing but this machine is asked.
  bool overwrite = false;                              // What stands there and is not the wanted file is replaced.
  bool symlink = false;                                // Files of caches are linked to instead of copied.
  int64_t limit_rate = 0;                              // Bytes per second of all streams; 0 for no limit.
  int streams = 4;                                     // Of one file.
  int64_t segment_size = int64_t{32} << 20;            // Bytes that a stream asks for at a time.
  absl::Duration retry_wait = absl::Seconds(1);        // The first; it doubles each time.
  const std::atomic<bool>* stop = nullptr;             // Never null; outlives the session.
  std::function<void(int64_t)> on_bytes;               // Told of bytes that arrive; negative for what is thrown away. From any thread.
  std::function<void(const std::string&)> on_message;  // Told why something waits or starts over. From any thread.
};

// What all files of a run share: sources, caches and limits. Thread-safe, since it is constant.
class Session {
 public:
  // `client` outlives it.
  Session(HttpClient& client, const SessionOptions& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Both lead back to the session.
  ResolveOptions resolve_options(Queries queries) const;
  const FetchOptions& fetch_options() const { return fetch_options_; }

 private:
  HubTransport hub_;
  DriveTransport drive_;
  PlainTransport plain_;
  LocalTransport local_;
  const HubCache cache_;
  RateLimiter limiter_;
  std::counting_semaphore<> all_streams_;
  FetchOptions fetch_options_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_SESSION_H_
