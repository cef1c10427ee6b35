#ifndef WEIGHBRIDGE_FETCH_ADDRESS_URL_H_
#define WEIGHBRIDGE_FETCH_ADDRESS_URL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// An absolute http or https address in parts (RFC 3986).
struct Url {
  std::string scheme;  // "http" or "https".
  std::string host;    // Lower case; IPv6 in brackets.
  std::string port;    // Always there: the scheme's own when the text names none.
  std::string path;    // Begins with "/"; percent-encoded as it came.
  std::string query;   // Without "?".

  // What two addresses must share to be one server (docs/spec/fetching.md 1.6.2): "https://host:443".
  std::string Origin() const;
  std::string ToString() const;
  // The same as it may stand in a message or a lock: without query.
  std::string WithoutQuery() const;
};

// InvalidArgument: it is not such an address, or it carries a user or a password, which would end in logs.
absl::StatusOr<Url> ParseUrl(absl::string_view text);

// The address that `reference` (a Location header) means when it stands in an answer from `base`.
absl::StatusOr<Url> ResolveReference(const Url& base, absl::string_view reference);

// What somebody gave for an address, as it may stand in a message: without query and fragment, where signatures are, and without user and
// password, even where it is not an address.
std::string ForMessages(absl::string_view text);

// `text` without what of `url` is a secret: its query, also in parts, and their values. For what servers say of a request.
std::string WithoutSecrets(std::string text, const Url& url);

// FailedPrecondition: plain http goes to this machine only, by an address that is one of it (127.0.0.0/8, ::1) or localhost, which libcurl
// looks up nowhere.
absl::Status CheckMayBePlain(const Url& url);

// Every byte but letters, digits, "-._~" and those in `keep` as %XX.
std::string PercentEncode(absl::string_view text, absl::string_view keep = "");

// InvalidArgument: "%" without two hexadecimal digits, or a NUL.
absl::StatusOr<std::string> PercentDecode(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_ADDRESS_URL_H_
