#ifndef WEIGHBRIDGE_FETCH_HTTP_HTTP_CLIENT_H_
#define WEIGHBRIDGE_FETCH_HTTP_HTTP_CLIENT_H_

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fetch/address/url.h"

namespace weighbridge {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method = "GET";  // Or "HEAD".
  Url url;
  std::vector<HttpHeader> headers;
  std::string user_agent;                             // Empty for the client's own.
  absl::Duration longest = absl::InfiniteDuration();  // A request that takes longer has failed.
  const std::atomic<bool>* cancel = nullptr;          // Ends the request when set; null for never.
};

// Status and headers of an answer.
struct HttpHead {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // Names in lower case.

  // The first header of that name (in lower case), or "".
  absl::string_view Find(absl::string_view name) const;
};

// Sends single HTTP requests: nothing is followed, decoded or retried. The interface between the protocols of fetch and the network:
// CurlClient is the network, FakeHttpClient (fetch/testing) a script. Thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Calls `on_head` once with the answer, then `on_body` with its bytes in order; a failure of either ends the request and is returned.
  //   Unavailable         connection, time-out, fewer bytes than announced
  //   FailedPrecondition  TLS, an address that CheckMayBePlain refuses, an answer that HeadParser refuses
  //   Cancelled           `cancel` was set
  //   DeadlineExceeded    `longest` is over
  //   ResourceExhausted   no memory
  //   Internal            our bug
  virtual absl::Status Send(const HttpRequest& request, absl::FunctionRef<absl::Status(const HttpHead&)> on_head,
                            absl::FunctionRef<absl::Status(absl::string_view)> on_body) = 0;

  // The clock by which answers take too long: the system's, except in tests.
  virtual absl::Time Now() const { return absl::Now(); }
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_HTTP_CLIENT_H_
