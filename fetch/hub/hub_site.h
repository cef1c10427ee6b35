#ifndef WEIGHBRIDGE_FETCH_HUB_HUB_SITE_H_
#define WEIGHBRIDGE_FETCH_HUB_HUB_SITE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fetch/address/url.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"

namespace weighbridge {

// A Hugging Face hub: whom the token may be shown to, and what its errors mean (docs/spec/fetching.md 1.2, 1.9).
class HubSite : public HttpSite {
 public:
  // `token` empty for none; it is sent to `endpoint` and to the hub itself only.
  HubSite(Url endpoint, std::string token);

  std::vector<HttpHeader> PrivateHeaders(const Url& url) const override;
  absl::Status Explain(const Url& url, const HttpHead& head, absl::string_view body) const override;

 private:
  const Url endpoint_;
  const std::string token_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HUB_HUB_SITE_H_
