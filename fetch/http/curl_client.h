#ifndef WEIGHBRIDGE_FETCH_HTTP_CURL_CLIENT_H_
#define WEIGHBRIDGE_FETCH_HTTP_CURL_CLIENT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fetch/http/http_client.h"

namespace weighbridge {

struct CurlOptions {
  std::string ca_file;    // Certificate authorities, as PEM; empty for the system's.
  std::string ca_folder;  // The same as a folder of hashed names.
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration stall_timeout = absl::Seconds(30);  // Below 1 KiB/s, or without a head, for so long.
  const std::atomic<bool>* stop = nullptr;           // Ends every request with Cancelled when set; outlives the client. Null for never.
};

// Sends requests through libcurl. TLS is always verified; plain http goes to this machine only. Proxies are libcurl's own affair
// (https_proxy, all_proxy, no_proxy). Keeps connections for later requests.
class CurlClient : public HttpClient {
 public:
  explicit CurlClient(CurlOptions options);
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  absl::Status Send(const HttpRequest& request, absl::FunctionRef<absl::Status(const HttpHead&)> on_head,
                    absl::FunctionRef<absl::Status(absl::string_view)> on_body) override;

  // Sent so far.
  int64_t requests() const { return requests_; }

 private:
  class Connection;
  std::unique_ptr<Connection> Take();
  void GiveBack(std::unique_ptr<Connection> connection);

  const CurlOptions options_;
  std::atomic<int64_t> requests_ = 0;
  struct Idle;
  std::unique_ptr<Idle> idle_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_HTTP_CURL_CLIENT_H_
