#include "fetch/session.h"

#include <utility>

#include "fetch/download/download_options.h"
#include "fetch/fetch_options.h"
#include "fetch/http/http_client.h"
#include "fetch/lock/queries.h"
#include "fetch/resolve.h"

namespace weighbridge {
namespace {

constexpr int kAllStreams = 8;

}  // namespace

Session::Session(HttpClient& client, const SessionOptions& options)
    : hub_(client, options.hub, options.hub_token),
      drive_(client, options.drive),
      plain_(client),
      cache_(options.hub_cache),
      limiter_(options.limit_rate),
      all_streams_(kAllStreams) {
  fetch_options_.transports = {.hub = &hub_, .drive = &drive_, .http = &plain_, .file = &local_};
  fetch_options_.hub_cache = options.hub_cache.empty() ? nullptr : &cache_;
  fetch_options_.paddlenlp_home = options.paddlenlp_home;
  fetch_options_.receipts = options.receipts;
  fetch_options_.overwrite = options.overwrite;
  fetch_options_.offline = options.offline;
  fetch_options_.symlink = options.symlink;
  DownloadOptions& download = fetch_options_.download;
  download.streams = options.streams;
  download.segment_size = options.segment_size;
  download.retry.first_wait = options.retry_wait;
  download.retry.on_wait = options.on_message;
  download.limiter = &limiter_;
  download.all_streams = &all_streams_;
  download.stop = options.stop;
  download.on_bytes = options.on_bytes;
  download.on_message = options.on_message;
}

ResolveOptions Session::resolve_options(Queries queries) const {
  return {.transports = fetch_options_.transports,
          .hub_cache = fetch_options_.hub_cache,
          .offline = fetch_options_.offline,
          .queries = std::move(queries),
          .retry = fetch_options_.download.retry,
          .stop = fetch_options_.download.stop,
          .on_message = fetch_options_.download.on_message};
}

}  // namespace weighbridge
