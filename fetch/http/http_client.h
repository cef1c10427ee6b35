#ifndef WEIGHBRIDGE_FETCH_HTTP_HTTP_CLIENT_H_
#define WEIGHBRIDGE_FETCH_HTTP_HTTP_CLIENT_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fetch/url.h"

namespace weighbridge {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method = "GET";
  Url url;
  std::vector<HttpHeader> headers;
  std::string user_agent;                             // Empty for our own.
  absl::Duration longest = absl::InfiniteDuration();  // So long after it was begun, the request has failed.
  const std::atomic<bool>* cancel = nullptr;          // Ends the request when set.
};

// Status and headers of an answer.
struct HttpHead {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // Names in lower case.

  // The first header of that name, or "".
  absl::string_view Find(absl::string_view name) const;
};

struct HttpOptions {
  std::string ca_file;    // Certificate authorities, as PEM; empty for the system's.
  std::string ca_folder;  // The same as a folder of hashed names.
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration stall_timeout = absl::Seconds(30);  // Below 1 KiB/s, or without a head, for so long.
  const std::atomic<bool>* stop = nullptr;           // Ends every request when set; outlives the client.
};

// Sends single requests through libcurl. TLS is always verified, redirects are never followed, nothing is decoded; plain http goes to this
// machine only. Proxies are libcurl's own affair (https_proxy, all_proxy, no_proxy). Keeps connections for later requests. Thread-safe.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Calls `on_head` once with the answer, then `on_body` with its bytes; a failure of either ends the request and is returned.
  // Unavailable: connection, time-out, fewer bytes than announced. FailedPrecondition: TLS, the address (CheckMayBePlain), an answer that
  // is encoded, or whose headers, those of 1xx answers and trailers included, are more than 1000 or have more than 256 KiB. Cancelled: stop
  // or cancel. DeadlineExceeded: `longest`.
  absl::Status Send(const HttpRequest& request, absl::FunctionRef<absl::Status(const HttpHead&)> on_head,
                    absl::FunctionRef<absl::Status(absl::string_view)> on_body);

  // Sent so far.
  int64_t requests() const { return requests_; }

 private:
  class Connection;
  std::unique_ptr<Connection> Take();
  void GiveBack(std::unique_ptr<Connection> connection);

  const HttpOptions options_;
  std::atomic<int64_t> requests_ = 0;
  struct Idle;
  std::unique_ptr<Idle> idle_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_HTTP_CLIENT_H_
