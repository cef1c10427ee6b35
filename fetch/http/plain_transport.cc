#include "fetch/http/plain_transport.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/address/url.h"
#include "fetch/http/exchange.h"
#include "fetch/http/header_values.h"
#include "fetch/http/http_client.h"
#include "fetch/http/http_reader.h"
#include "fetch/lock/target_path.h"
#include "fetch/transport.h"

namespace weighbridge {
namespace {

absl::StatusOr<Url> UrlOf(const Uri& uri) {
  ASSIGN_OR_RETURN(Url url, ParseUrl(uri.address));
  url.query = uri.query;
  return url;
}

// Head of the file at `url`: by HEAD, or by its first byte from servers that refuse that (signed addresses, 405).
absl::StatusOr<HttpHead> Probe(HttpClient& client, HttpSite& site, const Url& url) {
  HttpHead head;
  const auto see_answer = [&](const Url&, const HttpHead& answer) {
    head = answer;
    return absl::OkStatus();
  };
  const auto see_body = [](absl::string_view) { return absl::OkStatus(); };
  absl::Status status = SendFollowing(client, site, {.method = "HEAD", .url = url, .headers = {}}, see_answer, see_body);
  if (absl::IsFailedPrecondition(status) || absl::IsPermissionDenied(status)) {
    return GetHead(client, site, url);
  }
  RETURN_IF_ERROR(status);
  return head;
}

}  // namespace

absl::StatusOr<Listing> PlainTransport::List(const Uri& uri) {
  ASSIGN_OR_RETURN(Url url, UrlOf(uri));
  ASSIGN_OR_RETURN(std::string name, PercentDecode(url.path.substr(url.path.rfind('/') + 1)));
  RETURN_IF_ERROR(ParseTargetPath(name).status());
  ASSIGN_OR_RETURN(HttpHead head, Probe(client_, site_, url));
  const std::optional<int64_t> size = TotalSize(head);
  if (!size.has_value()) return absl::FailedPreconditionError(absl::StrCat(uri.address, ": the server does not say how large the file is"));
  return Listing{.revision = "", .files = {{.path = name, .uri = uri, .size = *size, .hashes = StatedHashes(head)}}};
}

std::unique_ptr<RemoteReader> PlainTransport::Open(const RemoteFile& file) {
  absl::StatusOr<Url> url = UrlOf(file.uri);
  // ParseUri has checked it.
  return std::make_unique<HttpReader>(client_, site_, url.ok() ? *url : Url{}, file.size);
}

}  // namespace weighbridge
