#ifndef WEIGHBRIDGE_FETCH_HTTP_EXCHANGE_H_
#define WEIGHBRIDGE_FETCH_HTTP_EXCHANGE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fetch/address/url.h"
#include "fetch/http/http_client.h"

namespace weighbridge {

// What differs between servers that speak HTTP. Thread-safe. The defaults are those of a plain server.
class HttpSite {
 public:
  virtual ~HttpSite() = default;

  // Headers that no other server may see (a token, cookies), for a request to `url`: none for strangers (docs/spec/fetching.md R2).
  virtual std::vector<HttpHeader> PrivateHeaders(const Url& url) const { return {}; }

  // Empty for our own.
  virtual std::string UserAgent() const { return ""; }

  // Sees every answer, redirects too.
  virtual void OnHead(const Url& url, const HttpHead& head) {}

  // An HTML page came where something else was asked for: where to go on, or why not. FailedPrecondition.
  virtual absl::StatusOr<Url> AfterPage(const Url& url, const HttpHead& head, absl::string_view page);

  // An answer of 400 or above as a failure: Unavailable for what may pass (docs/spec/fetching.md R16), with RetryAfter; NotFound;
  // PermissionDenied; FailedPrecondition. Names status, the server's own message and request id (docs/spec/fetching.md R18).
  virtual absl::Status Explain(const Url& url, const HttpHead& head, absl::string_view body) const;
};

struct ExchangeRequest {
  std::string method = "GET";
  Url url;
  std::vector<HttpHeader> headers;  // For every server on the way.
  const std::atomic<bool>* cancel = nullptr;
  absl::Duration longest = absl::InfiniteDuration();  // Of each request of the chain.
  Url* reached = nullptr;                             // When not null: where the last request of the chain went, whatever came of it.
};

// Sends a request and follows redirects and pages by hand: at most ten, no loop, never from https to http. Calls `on_answer` with the
// final address and head (2xx; also 412 and 416, which concern ranges), then `on_body` with its bytes. Of redirects, pages and failures 256
// KiB are read, for five seconds: what they say counts, even if they have no end. Fails as HttpClient::Send and HttpSite do, naming the
// address without its query, and without what a server repeats of it or of private headers; FailedPrecondition for a redirect that breaks
// these rules, InvalidArgument for one to what is not an address.
absl::Status SendFollowing(HttpClient& client, HttpSite& site, const ExchangeRequest& request,
                           absl::FunctionRef<absl::Status(const Url&, const HttpHead&)> on_answer,
                           absl::FunctionRef<absl::Status(absl::string_view)> on_body);

// The head of the answer to a GET of the first byte; the body is not read. Fails as SendFollowing does.
absl::StatusOr<HttpHead> GetHead(HttpClient& client, HttpSite& site, const Url& url);

struct TextAnswer {
  Url url;
  HttpHead head;
  std::string body;
};

// The same for a short answer. ResourceExhausted when the body has more than `limit` bytes, DeadlineExceeded when it takes more than two
// minutes.
absl::StatusOr<TextAnswer> GetText(HttpClient& client, HttpSite& site, ExchangeRequest request, int64_t limit);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_EXCHANGE_H_
