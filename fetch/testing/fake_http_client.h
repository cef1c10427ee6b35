#ifndef WEIGHBRIDGE_FETCH_TESTING_FAKE_HTTP_CLIENT_H_
#define WEIGHBRIDGE_FETCH_TESTING_FAKE_HTTP_CLIENT_H_

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fetch/http/http_client.h"

namespace weighbridge {

// What a server sends to one request.
struct FakeAnswer {
  int status = 200;                                      // 0: the connection fails, with `failure`, before there is a head.
  std::multimap<std::string, std::string> headers = {};  // Names in lower case.
  std::string body = "";
  size_t piece = size_t{16} << 10;              // Bytes of the body that come together.
  absl::Duration pause = absl::ZeroDuration();  // Before each of them, by the fake's clock.
  absl::Status failure = absl::OkStatus();      // What becomes of the request after the body.
};

// A network that is a function of this program: no sockets, no waiting. Thread-safe if the function is.
class FakeHttpClient : public HttpClient {
 public:
  using Server = std::function<FakeAnswer(const HttpRequest&)>;

  explicit FakeHttpClient(Server server) : server_(std::move(server)) {}
  // Gives these answers in this order, and after the last one none: Unavailable.
  explicit FakeHttpClient(std::vector<FakeAnswer> script);

  absl::Status Send(const HttpRequest& request, absl::FunctionRef<absl::Status(const HttpHead&)> on_head,
                    absl::FunctionRef<absl::Status(absl::string_view)> on_body) override;
  absl::Time Now() const override;

  // What was asked for so far.
  std::vector<HttpRequest> requests() const;

 private:
  const Server server_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::vector<HttpRequest> requests_;
  absl::Time now_ = absl::UnixEpoch();
};

// The value of a header of a request, or "".
std::string HeaderOf(const HttpRequest& request, absl::string_view name);

// What a server that knows ranges and If-Range answers to a GET or HEAD of a file with these bytes and this ETag.
FakeAnswer AnswerWithFile(const HttpRequest& request, const std::string& bytes, const std::string& etag);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_TESTING_FAKE_HTTP_CLIENT_H_
