#include "fetch/http/curl_client.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "curl/curl.h"
#include "fetch/address/url.h"
#include "fetch/http/head_parser.h"
#include "fetch/http/http_client.h"

namespace weighbridge {
namespace {

constexpr long kBufferBytes = 512L << 10;
constexpr long kSlowestBytesPerSecond = 1024;

// One request and its answer, as libcurl's callbacks see them.
struct Exchange {
  absl::FunctionRef<absl::Status(const HttpHead&)> on_head;
  absl::FunctionRef<absl::Status(absl::string_view)> on_body;
  HeadParser parser;
  absl::Status status;
};

// A call of on_head or on_body; libcurl ends the transfer when it is told of another size.
size_t Outcome(Exchange& exchange, absl::Status status, size_t size) {
  exchange.status = std::move(status);
  return exchange.status.ok() ? size : size + 1;
}

// A proxy's answer to CONNECT is no concern of ours: CURLOPT_SUPPRESS_CONNECT_HEADERS hides it.
size_t OnHeader(char* data, size_t, size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const absl::StatusOr<bool> complete = exchange.parser.Add(absl::string_view(data, size));
  if (!complete.ok()) return Outcome(exchange, complete.status(), size);
  return *complete ? Outcome(exchange, exchange.on_head(exchange.parser.head()), size) : size;
}

size_t OnBody(char* data, size_t, size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  return Outcome(exchange, exchange.on_body(absl::string_view(data, size)), size);
}

bool IsSet(const std::atomic<bool>* flag) {
  return flag != nullptr && *flag;
}

bool IsForTrust(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_INVALIDCERTSTATUS || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT;
}

absl::Status FromCurl(CURLcode code, absl::string_view detail) {
  if (code == CURLE_OK) return absl::OkStatus();
  const std::string message = detail.empty() ? curl_easy_strerror(code) : std::string(detail);
  if (code == CURLE_OUT_OF_MEMORY) return absl::ResourceExhaustedError(message);
  return IsForTrust(code) ? absl::FailedPreconditionError(message) : absl::UnavailableError(message);
}

}  // namespace

// A libcurl handle with the connections that it keeps open.
class CurlClient::Connection {
 public:
  Connection() : multi_(curl_multi_init()), easy_(curl_easy_init()) {}
  ~Connection() {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status Send(const CurlOptions& options, const HttpRequest& request, Exchange& exchange) {
    curl_slist* headers = curl_slist_append(nullptr, "Accept-Encoding: identity");
    for (const HttpHeader& header : request.headers) {
      headers = curl_slist_append(headers, absl::StrCat(header.name, ": ", header.value).c_str());
    }
    const absl::Cleanup free_headers = [headers] { curl_slist_free_all(headers); };
    error_[0] = '\0';
    curl_easy_reset(easy_);
    SetOptions(options, request);
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, OnHeader);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, &exchange);
    absl::Status status = Run(options, request, exchange);
    if (!exchange.status.ok()) return exchange.status;
    return status;
  }

 private:
  void SetOptions(const CurlOptions& options, const HttpRequest& request) {
    curl_easy_setopt(easy_, CURLOPT_URL, request.url.ToString().c_str());
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, CheckMayBePlain(request.url).ok() ? "http,https" : "https");
    curl_easy_setopt(easy_, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy_, CURLOPT_UNRESTRICTED_AUTH, 0L);
    curl_easy_setopt(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options.ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.ca_folder.empty()) curl_easy_setopt(easy_, CURLOPT_CAPATH, options.ca_folder.c_str());
    // Streams are connections of their own: HTTP/2 would put them into one.
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)));
    curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, kSlowestBytesPerSecond);
    curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME,
                     static_cast<long>(absl::ToInt64Seconds(absl::Ceil(options.stall_timeout, absl::Seconds(1)))));
    curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kBufferBytes);
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
    const std::string ours = absl::StrCat("weighbridge/1.0 libcurl/", curl_version_info(CURLVERSION_NOW)->version);
    curl_easy_setopt(easy_, CURLOPT_USERAGENT, request.user_agent.empty() ? ours.c_str() : request.user_agent.c_str());
    if (request.method == "HEAD") curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  }

  // As curl_easy_perform, but looks at flags and clock ten times a second.
  absl::Status Run(const CurlOptions& options, const HttpRequest& request, const Exchange& exchange) {
    const absl::Time begin = absl::Now();
    curl_multi_add_handle(multi_, easy_);
    const absl::Cleanup remove = [this] { curl_multi_remove_handle(multi_, easy_); };
    int running = 1;
    while (running > 0) {
      if (IsSet(options.stop) || IsSet(request.cancel)) return absl::CancelledError("stopped");
      const absl::Duration taken = absl::Now() - begin;
      if (taken > request.longest) return absl::DeadlineExceededError("the answer takes too long");
      if (!exchange.parser.done() && taken > options.connect_timeout + options.stall_timeout)
        return absl::UnavailableError("the server does not answer");
      CURLMcode code = curl_multi_perform(multi_, &running);
      if (code == CURLM_OK && running > 0) code = curl_multi_poll(multi_, nullptr, 0, 100, nullptr);
      if (code != CURLM_OK) return absl::UnavailableError(curl_multi_strerror(code));
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_, &left);
    return message == nullptr ? absl::InternalError("libcurl gave no result") : FromCurl(message->data.result, error_);
  }

  CURLM* multi_;
  CURL* easy_;
  char error_[CURL_ERROR_SIZE] = {};
};

struct CurlClient::Idle {
  std::mutex mutex;
  std::vector<std::unique_ptr<Connection>> connections;
};

CurlClient::CurlClient(CurlOptions options) : options_(std::move(options)), idle_(std::make_unique<Idle>()) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;
}

CurlClient::~CurlClient() = default;

std::unique_ptr<CurlClient::Connection> CurlClient::Take() {
  const std::lock_guard lock(idle_->mutex);
  if (idle_->connections.empty()) return std::make_unique<Connection>();
  std::unique_ptr<Connection> connection = std::move(idle_->connections.back());
  idle_->connections.pop_back();
  return connection;
}

void CurlClient::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(idle_->mutex);
  idle_->connections.push_back(std::move(connection));
}

absl::Status CurlClient::Send(const HttpRequest& request, absl::FunctionRef<absl::Status(const HttpHead&)> on_head,
                              absl::FunctionRef<absl::Status(absl::string_view)> on_body) {
  RETURN_IF_ERROR(CheckMayBePlain(request.url));
  ++requests_;
  std::unique_ptr<Connection> connection = Take();
  Exchange exchange{.on_head = on_head, .on_body = on_body, .parser = {}, .status = absl::OkStatus()};
  absl::Status status = connection->Send(options_, request, exchange);
  GiveBack(std::move(connection));
  return status;
}

}  // namespace weighbridge
