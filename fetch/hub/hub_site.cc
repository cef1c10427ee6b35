#include "fetch/hub/hub_site.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "fetch/address/url.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"
#include "fetch/retry.h"

namespace weighbridge {
namespace {

// "ORG/NAME", or "NAME", of an address of the hub: /api/models/ORG/NAME/revision/… or /ORG/NAME/resolve/…, below the path of its endpoint.
std::string RepositoryOf(const Url& endpoint, const Url& url) {
  absl::string_view path = url.path;
  absl::ConsumePrefix(&path, absl::StripSuffix(endpoint.path, "/"));
  absl::ConsumePrefix(&path, "/api/resolve-cache/models");
  absl::ConsumePrefix(&path, "/api/models");
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '/');
  if (parts.size() < 3) return std::string(path);
  const bool has_owner = parts[2] != "revision" && parts[2] != "tree" && parts[2] != "resolve";
  return absl::StrCat(parts[1], has_owner ? "/" : "", has_owner ? parts[2] : "");
}

// Of `"api";r=0;t=123`: t, where r is 0.
absl::Duration UntilReset(absl::string_view rate_limit) {
  int64_t seconds = 0;
  bool used_up = false;
  for (absl::string_view field : absl::StrSplit(rate_limit, ';')) {
    if (field == "r=0") used_up = true;
    if (absl::ConsumePrefix(&field, "t=") && !absl::SimpleAtoi(field, &seconds)) seconds = 0;
  }
  return used_up ? absl::Seconds(seconds) + absl::Seconds(1) : absl::ZeroDuration();
}

}  // namespace

HubSite::HubSite(Url endpoint, std::string token) : endpoint_(std::move(endpoint)), token_(std::move(token)) {}

std::vector<HttpHeader> HubSite::PrivateHeaders(const Url& url) const {
  const std::string origin = url.Origin();
  const bool hub = origin == endpoint_.Origin() || origin == "https://huggingface.co:443" || origin == "https://hf.co:443";
  if (!hub || token_.empty()) return {};
  return {{"Authorization", absl::StrCat("Bearer ", token_)}};
}

absl::Status HubSite::Explain(const Url& url, const HttpHead& head, absl::string_view body) const {
  absl::Status status = HttpSite::Explain(url, head, body);
  const absl::string_view code = head.Find("x-error-code");
  const absl::string_view message = head.Find("x-error-message");
  const auto say = [&](absl::StatusCode kind, absl::string_view advice) {
    return absl::Status(kind, absl::StrCat(advice, " (", status.message(), ")"));
  };
  if (head.status == 429) {
    if (const absl::Duration wait = UntilReset(head.Find("ratelimit")); wait > absl::ZeroDuration()) SetRetryAfter(status, wait);
    return status;
  }
  if (absl::StrContains(message, "Invalid credentials"))
    return say(absl::StatusCode::kPermissionDenied, "the hub does not know the token of HF_TOKEN");
  if (code == "GatedRepo") {
    const std::string where = absl::StrCat(absl::StripSuffix(endpoint_.ToString(), "/"), "/", RepositoryOf(endpoint_, url));
    return say(absl::StatusCode::kPermissionDenied,
               absl::StrCat("the repository is gated: accept its terms at ", where, " and set HF_TOKEN to a token of that account"));
  }
  if (code == "RevisionNotFound") return say(absl::StatusCode::kNotFound, "the repository has no such revision");
  if (code == "EntryNotFound") return say(absl::StatusCode::kNotFound, "the revision has no such file");
  if (code == "RepoNotFound" || (code.empty() && head.status == 401)) {
    return say(absl::StatusCode::kNotFound, absl::StrCat("repository ", RepositoryOf(endpoint_, url),
                                                         token_.empty() ? " does not exist, or is private and needs HF_TOKEN"
                                                                        : " does not exist, or the token of HF_TOKEN may not see it"));
  }
  return status;
}

}  // namespace weighbridge
