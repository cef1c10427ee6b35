#ifndef WEIGHBRIDGE_FETCH_DRIVE_DRIVE_TRANSPORT_H_
#define WEIGHBRIDGE_FETCH_DRIVE_DRIVE_TRANSPORT_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fetch/address/uri.h"
#include "fetch/address/url.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"
#include "fetch/transport.h"

namespace weighbridge {

// Google Drive as a browser without an account sees it: cookies that go back to where they came from, and pages before large files.
class DriveSite : public HttpSite {
 public:
  explicit DriveSite(Url endpoint);

  std::vector<HttpHeader> PrivateHeaders(const Url& url) const override;
  std::string UserAgent() const override;
  void OnHead(const Url& url, const HttpHead& head) override;
  absl::StatusOr<Url> AfterPage(const Url& url, const HttpHead& head, absl::string_view page) override;

 private:
  bool IsDrive(const Url& url) const;

  const Url endpoint_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> cookies_;
};

// gdrive://ID: one public file (docs/spec/fetching.md 2). Drive states no hash. `client` outlives it.
class DriveTransport : public Transport {
 public:
  // `endpoint` is https://drive.usercontent.google.com but in tests.
  DriveTransport(HttpClient& client, Url endpoint);

  absl::StatusOr<Listing> List(const Uri& uri) override;
  std::unique_ptr<RemoteReader> Open(const RemoteFile& file) override;

 private:
  Url DownloadUrl(const Uri& uri) const;

  HttpClient& client_;
  const Url endpoint_;
  DriveSite site_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_DRIVE_DRIVE_TRANSPORT_H_
