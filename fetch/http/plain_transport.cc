#include "fetch/http/plain_transport.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "fetch/file_hasher.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"
#include "fetch/http/http_reader.h"
#include "fetch/target_path.h"
#include "fetch/transport.h"
#include "fetch/uri.h"
#include "fetch/url.h"

namespace weighbridge {
namespace {

// Base64 of exactly `size` bytes as hexadecimal, or "".
std::string FromBase64(absl::string_view text, size_t size) {
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes) || bytes.size() != size) return "";
  return absl::BytesToHexString(bytes);
}

// The value of `name` in "name=value, other=value".
absl::string_view Member(absl::string_view list, absl::string_view name) {
  for (absl::string_view member : absl::StrSplit(list, ',')) {
    member = absl::StripAsciiWhitespace(member);
    const size_t equals = member.find('=');
    if (equals != absl::string_view::npos && absl::AsciiStrToLower(member.substr(0, equals)) == name) return member.substr(equals + 1);
  }
  return "";
}

absl::StatusOr<Url> UrlOf(const Uri& uri) {
  absl::StatusOr<Url> url = ParseUrl(uri.address);
  if (url.ok()) url->query = uri.query;
  return url;
}

bool IsMd5(absl::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

// The size of the whole file, or -1.
int64_t TotalSize(const HttpHead& head) {
  if (head.status == 206) {
    const std::optional<ContentRange> range = ParseContentRange(head.Find("content-range"));
    return range.has_value() ? range->total : -1;
  }
  int64_t size = -1;
  return absl::SimpleAtoi(head.Find("content-length"), &size) ? size : -1;
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
    const auto see_and_stop = [&](const Url&, const HttpHead& answer) {
      head = answer;
      return absl::AlreadyExistsError("the head is all we want");
    };
    status = SendFollowing(client, site, {.method = "GET", .url = url, .headers = {{"Range", "bytes=0-0"}}}, see_and_stop, see_body);
    if (absl::IsAlreadyExists(status)) status = absl::OkStatus();
  }
  if (!status.ok()) return status;
  return head;
}

}  // namespace

Hashes StatedHashes(const HttpHead& head) {
  Hashes hashes;
  absl::string_view structured = Member(head.Find("repr-digest"), "sha-256");
  if (absl::ConsumePrefix(&structured, ":") && absl::ConsumeSuffix(&structured, ":")) hashes.sha256 = FromBase64(structured, 32);
  if (hashes.sha256.empty()) hashes.sha256 = FromBase64(Member(head.Find("digest"), "sha-256"), 32);
  if (hashes.sha256.empty()) hashes.sha256 = FromBase64(head.Find("x-amz-checksum-sha256"), 32);
  if (head.status == 200) hashes.md5 = FromBase64(head.Find("content-md5"), 16);
  if (hashes.md5.empty()) hashes.md5 = FromBase64(Member(head.Find("x-goog-hash"), "md5"), 16);
  absl::string_view etag = head.Find("etag");
  absl::ConsumePrefix(&etag, "\"");
  absl::ConsumeSuffix(&etag, "\"");
  if (IsMd5(etag) && hashes.md5 != etag) hashes.md5.clear();
  return hashes;
}

absl::StatusOr<Listing> PlainTransport::List(const Uri& uri) {
  ASSIGN_OR_RETURN(Url url, UrlOf(uri));
  ASSIGN_OR_RETURN(std::string name, PercentDecode(url.path.substr(url.path.rfind('/') + 1)));
  if (const auto path = ParseTargetPath(name); !path.ok()) return path.status();
  ASSIGN_OR_RETURN(HttpHead head, Probe(client_, site_, url));
  const int64_t size = TotalSize(head);
  if (size < 0) return absl::FailedPreconditionError(absl::StrCat(uri.address, ": the server does not say how large the file is"));
  return Listing{.revision = "", .files = {{.path = name, .uri = uri, .size = size, .hashes = StatedHashes(head)}}};
}

std::unique_ptr<RemoteReader> PlainTransport::Open(const RemoteFile& file) {
  absl::StatusOr<Url> url = UrlOf(file.uri);
  // ParseUri has checked it.
  return std::make_unique<HttpReader>(client_, site_, url.ok() ? *url : Url{}, file.size);
}

}  // namespace weighbridge
