#ifndef WEIGHBRIDGE_FETCH_HTTP_PLAIN_TRANSPORT_H_
#define WEIGHBRIDGE_FETCH_HTTP_PLAIN_TRANSPORT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "fetch/address/uri.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"
#include "fetch/transport.h"

namespace weighbridge {

// Any server of files, Baidu's public objects among them: https://… names one file. `client` outlives it.
class PlainTransport : public Transport {
 public:
  explicit PlainTransport(HttpClient& client) : client_(client) {}

  absl::StatusOr<Listing> List(const Uri& uri) override;
  std::unique_ptr<RemoteReader> Open(const RemoteFile& file) override;

 private:
  HttpClient& client_;
  HttpSite site_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_PLAIN_TRANSPORT_H_
