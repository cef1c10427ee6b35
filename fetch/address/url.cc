#include "fetch/address/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "curl/curl.h"

namespace weighbridge {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string Part(CURLU* handle, CURLUPart part, unsigned int flags) {
  char* text = nullptr;
  if (curl_url_get(handle, part, &text, flags) != CURLUE_OK) return "";
  std::string result = text;
  curl_free(text);
  return result;
}

absl::Status Error(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(ForMessages(text), ": ", why));
}

// Takes an address, relative to what the handle holds, if anything.
absl::StatusOr<Url> Set(const Handle& handle, const std::string& text) {
  if (const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0); code != CURLUE_OK) {
    return Error(text, absl::StrCat("not an address: ", curl_url_strerror(code)));
  }
  Url url{.scheme = Part(handle.get(), CURLUPART_SCHEME, 0),
          .host = absl::AsciiStrToLower(Part(handle.get(), CURLUPART_HOST, 0)),
          .port = Part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT),
          .path = Part(handle.get(), CURLUPART_PATH, 0),
          .query = Part(handle.get(), CURLUPART_QUERY, 0)};
  if (url.scheme != "http" && url.scheme != "https") return Error(text, "expected http:// or https://");
  if (!Part(handle.get(), CURLUPART_USER, 0).empty() || !Part(handle.get(), CURLUPART_PASSWORD, 0).empty()) {
    return Error(text, "an address must not carry a user or a password");
  }
  return url;
}

}  // namespace

std::string Url::Origin() const {
  return absl::StrCat(scheme, "://", host, ":", port);
}

std::string Url::ToString() const {
  return absl::StrCat(WithoutQuery(), query.empty() ? "" : "?", query);
}

std::string Url::WithoutQuery() const {
  const bool default_port = port == (scheme == "https" ? "443" : "80");
  return absl::StrCat(scheme, "://", host, default_port ? "" : ":", default_port ? "" : port, path);
}

absl::StatusOr<Url> ParseUrl(absl::string_view text) {
  if (!absl::StrContains(text, "://")) return Error(text, "expected http:// or https://");
  return Set(Handle(curl_url(), curl_url_cleanup), std::string(text));
}

absl::StatusOr<Url> ResolveReference(const Url& base, absl::string_view reference) {
  Handle handle(curl_url(), curl_url_cleanup);
  RETURN_IF_ERROR(Set(handle, base.ToString()).status());
  return Set(handle, std::string(reference));
}

std::string ForMessages(absl::string_view text) {
  const size_t authority = text.find("://");
  if (authority == absl::string_view::npos) return std::string(text);
  const absl::string_view scheme = text.substr(0, authority + 3);
  absl::string_view rest = text.substr(authority + 3);
  // A password may have any of "/?#" in it.
  const size_t user = scheme == "hf://" || scheme == "file://" ? absl::string_view::npos : rest.rfind('@');
  if (user != absl::string_view::npos) rest.remove_prefix(user + 1);
  return absl::StrCat(scheme, rest.substr(0, rest.find_first_of("?#")));
}

std::string WithoutSecrets(std::string text, const Url& url) {
  constexpr size_t kShortestSecret = 6;  // Shorter ones would be found in words.
  std::vector<std::string> secrets = {url.query};
  for (const absl::string_view field : absl::StrSplit(url.query, '&')) {
    secrets.emplace_back(field);
    const absl::string_view value = field.substr(std::min(field.find('='), field.size() - 1) + 1);
    if (value.size() < kShortestSecret) continue;
    secrets.emplace_back(value);
    if (absl::StatusOr<std::string> decoded = PercentDecode(value); decoded.ok()) secrets.push_back(*std::move(decoded));
  }
  for (const std::string& secret : secrets) {
    if (!secret.empty()) absl::StrReplaceAll({{secret, "..."}}, &text);
  }
  return text;
}

absl::Status CheckMayBePlain(const Url& url) {
  if (url.scheme == "https" || url.host == "localhost") return absl::OkStatus();
  in_addr v4;
  in6_addr v6;
  const bool is_v6 = absl::StartsWith(url.host, "[") && absl::EndsWith(url.host, "]");
  const std::string host = is_v6 ? url.host.substr(1, url.host.size() - 2) : url.host;
  const bool loopback = is_v6 ? inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6)
                              : inet_pton(AF_INET, host.c_str(), &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
  if (loopback) return absl::OkStatus();
  return absl::FailedPreconditionError("http:// is taken from this machine only; use https://");
}

std::string PercentEncode(absl::string_view text, absl::string_view keep) {
  std::string result;
  for (const char byte : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(byte)) || absl::StrContains("-._~", byte) || absl::StrContains(keep, byte)) {
      result.push_back(byte);
    } else {
      absl::StrAppendFormat(&result, "%%%02X", static_cast<unsigned char>(byte));
    }
  }
  return result;
}

absl::StatusOr<std::string> PercentDecode(absl::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result.push_back(text[i]);
      continue;
    }
    const absl::string_view digits = text.substr(i + 1, 2);
    if (digits.size() != 2 || !absl::ascii_isxdigit(static_cast<unsigned char>(digits[0])) ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(digits[1]))) {
      return absl::InvalidArgumentError(absl::StrCat("\"", ForMessages(text), "\": % must be followed by two hexadecimal digits"));
    }
    result += absl::HexStringToBytes(digits);
    i += 2;
  }
  if (absl::StrContains(result, '\0')) return absl::InvalidArgumentError(absl::StrCat("\"", ForMessages(text), "\" has a NUL in it"));
  return result;
}

}  // namespace weighbridge
