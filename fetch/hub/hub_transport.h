#ifndef WEIGHBRIDGE_FETCH_HUB_HUB_TRANSPORT_H_
#define WEIGHBRIDGE_FETCH_HUB_HUB_TRANSPORT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "fetch/address/uri.h"
#include "fetch/address/url.h"
#include "fetch/http/http_client.h"
#include "fetch/hub/hub_site.h"
#include "fetch/transport.h"

namespace weighbridge {

// The Hugging Face hub or a mirror of it: hf://ORG/NAME[@REVISION][/FILE]. `client` outlives it.
class HubTransport : public Transport {
 public:
  // `endpoint` is the hub's address; `token` is empty for none.
  HubTransport(HttpClient& client, Url endpoint, std::string token);

  absl::StatusOr<Listing> List(const Uri& uri) override;
  std::unique_ptr<RemoteReader> Open(const RemoteFile& file) override;

 private:
  // The endpoint with a path, which is percent-encoded already.
  Url At(const std::string& path, const std::string& query) const;

  HttpClient& client_;
  const Url endpoint_;
  HubSite site_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HUB_HUB_TRANSPORT_H_
