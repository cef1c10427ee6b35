#ifndef WEIGHBRIDGE_FETCH_HTTP_HTTP_READER_H_
#define WEIGHBRIDGE_FETCH_HTTP_HTTP_READER_H_

#include <cstdint>
#include <mutex>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/address/url.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"
#include "fetch/transport.h"

namespace weighbridge {

// A file behind `canonical`. Remembers where that address led to; after a failure it asks `canonical` again, and at once when the other
// server refuses, since a signature may have run out (docs/spec/fetching.md R17).
class HttpReader : public RemoteReader {
 public:
  // `client` and `site` outlive it.
  HttpReader(HttpClient& client, HttpSite& site, Url canonical, int64_t size);

  absl::Status Read(const Request& request, absl::FunctionRef<absl::Status(const BodyStart&)> on_start,
                    absl::FunctionRef<absl::Status(absl::string_view)> on_bytes) override;

 private:
  // Says in `reached` who answered.
  absl::Status ReadFrom(const Url& url, const Request& request, absl::FunctionRef<absl::Status(const BodyStart&)> on_start,
                        absl::FunctionRef<absl::Status(absl::string_view)> on_bytes, Url& reached);
  absl::StatusOr<BodyStart> CheckAnswer(const Request& request, const HttpHead& head) const;
  std::optional<Url> located() const;
  void set_located(std::optional<Url> url);

  HttpClient& client_;
  HttpSite& site_;
  const Url canonical_;
  const int64_t size_;
  mutable std::mutex mutex_;
  std::optional<Url> located_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_HTTP_READER_H_
