#include "fetch/url.h"

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
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
    return Error(text, absl::StrCat("no address: ", curl_url_strerror(code)));
  }
  Url url{.scheme = Part(handle.get(), CURLUPART_SCHEME, 0),
          .host = absl::AsciiStrToLower(Part(handle.get(), CURLUPART_HOST, 0)),
          .port = Part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT),
          .path = Part(handle.get(), CURLUPART_PATH, 0),
          .query = Part(handle.get(), CURLUPART_QUERY, 0)};
  if (url.scheme != "http" && url.scheme != "https") return Error(text, "wanted is http:// or https://");
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
  const bool default_port = port == (scheme == "https" ? "443" : "80");
  return absl::StrCat(scheme, "://", host, default_port ? "" : ":", default_port ? "" : port, path, query.empty() ? "" : "?", query);
}

absl::StatusOr<Url> ParseUrl(absl::string_view text) {
  if (!absl::StrContains(text, "://")) return Error(text, "wanted is http:// or https://");
  return Set(Handle(curl_url(), curl_url_cleanup), std::string(text));
}

absl::StatusOr<Url> ResolveReference(const Url& base, absl::string_view reference) {
  Handle handle(curl_url(), curl_url_cleanup);
  if (absl::StatusOr<Url> url = Set(handle, base.ToString()); !url.ok()) return url;
  return Set(handle, std::string(reference));
}

std::string ForMessages(absl::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const size_t authority = url.find("://");
  if (authority == absl::string_view::npos) return std::string(url);
  const size_t path = url.find('/', authority + 3);
  const size_t user = url.substr(0, path).rfind('@');
  if (user == absl::string_view::npos) return std::string(url);
  return absl::StrCat(url.substr(0, authority + 3), url.substr(user + 1));
}

bool IsLoopback(const Url& url) {
  return url.host == "localhost" || url.host == "[::1]" || absl::StartsWith(url.host, "127.");
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
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": % wants two hexadecimal digits"));
    }
    result += absl::HexStringToBytes(digits);
    i += 2;
  }
  if (absl::StrContains(result, '\0')) return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" has a NUL in it"));
  return result;
}

}  // namespace weighbridge
