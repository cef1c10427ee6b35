#include "fetch/http/exchange.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "fetch/address/url.h"
#include "fetch/http/header_values.h"
#include "fetch/http/http_client.h"
#include "fetch/retry.h"

namespace weighbridge {
namespace {

constexpr size_t kMaxHops = 10;
constexpr size_t kMaxPageBytes = size_t{256} << 10;
constexpr absl::Duration kLongestPage = absl::Seconds(5);  // After its head.
constexpr absl::Duration kLongestText = absl::Minutes(2);
constexpr size_t kShownBytes = 200;
constexpr size_t kMaxHeadBytes = 4096;  // In which they are looked for.
constexpr size_t kShortestSecret = 6;   // "Bearer" is none.

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool IsTransient(int status) {
  return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// A file may well be HTML, but then it comes as an attachment; nothing that is fetched here is shown by a browser.
bool IsPage(const HttpHead& head) {
  return absl::StartsWithIgnoreCase(head.Find("content-type"), "text/html") &&
         !absl::StartsWithIgnoreCase(head.Find("content-disposition"), "attachment");
}

// The beginning of what a server says to a request, on one line. It may repeat the request: the query, and headers that nobody else may
// see.
std::string Shown(const HttpSite& site, const Url& url, absl::string_view text) {
  std::string scrubbed = WithoutSecrets(std::string(text.substr(0, kMaxHeadBytes)), url);
  for (const HttpHeader& header : site.PrivateHeaders(url)) {
    const std::vector<std::string> words = absl::StrSplit(header.value, ' ');
    for (const std::string& word : words) {
      if (word.size() > kShortestSecret) absl::StrReplaceAll({{word, "..."}}, &scrubbed);
    }
  }
  std::string shown;
  for (const char byte : scrubbed.substr(0, kShownBytes))
    shown.push_back(absl::ascii_isprint(static_cast<unsigned char>(byte)) ? byte : ' ');
  absl::RemoveExtraAsciiWhitespace(&shown);
  return shown;
}

// The addresses that one request has led to.
class Chain {
 public:
  explicit Chain(const Url& first) : urls_({first}) {}

  const Url& last() const { return urls_.back(); }

  absl::Status Add(const Url& next) {
    if (last().scheme == "https" && next.scheme == "http") return Error(next, "leads from https to http");
    const bool loop = std::any_of(urls_.begin(), urls_.end(), [&](const Url& url) { return url.ToString() == next.ToString(); });
    RETURN_IF_ERROR(CheckMayBePlain(next), Error(next, _.message()));
    if (loop) return Error(next, "leads in a circle");
    if (urls_.size() > kMaxHops) return Error(next, absl::StrCat("has more than ", kMaxHops, " redirects"));
    urls_.push_back(next);
    return absl::OkStatus();
  }

 private:
  absl::Status Error(const Url& next, absl::string_view what) const {
    const auto shown = [](std::string* out, const Url& url) { out->append(url.WithoutQuery()); };
    return absl::FailedPreconditionError(absl::StrCat(absl::StrJoin(urls_, " -> ", shown), " -> ", next.WithoutQuery(), ": ", what));
  }

  std::vector<Url> urls_;
};

// What an answer is, once its head is known.
enum class Kind { kFinal, kRedirect, kPage, kFailure };

Kind KindOf(const HttpHead& head) {
  if (IsRedirect(head.status) && !head.Find("location").empty()) return Kind::kRedirect;
  if (IsPage(head) && !IsTransient(head.status)) return Kind::kPage;
  if (head.status / 100 == 2 || head.status == 412 || head.status == 416) return Kind::kFinal;
  return Kind::kFailure;
}

}  // namespace

absl::StatusOr<Url> HttpSite::AfterPage(const Url& url, const HttpHead& head, absl::string_view page) {
  if (head.status >= 400) return Explain(url, head, page);
  return absl::FailedPreconditionError(absl::StrCat("an HTML page came instead of the file: ", Shown(*this, url, page)));
}

absl::Status HttpSite::Explain(const Url& url, const HttpHead& head, absl::string_view body) const {
  const absl::string_view stated = head.Find("x-error-message");
  std::string message = absl::StrCat("status ", head.status);
  const std::string detail = Shown(*this, url, stated.empty() ? body : stated);
  if (!detail.empty()) absl::StrAppend(&message, ": ", detail);
  for (const absl::string_view name : {"x-request-id", "x-amz-request-id", "x-bce-request-id", "x-bce-debug-id"}) {
    if (const absl::string_view id = head.Find(name); !id.empty()) absl::StrAppend(&message, " (", name, " ", Shown(*this, url, id), ")");
  }
  if (IsTransient(head.status)) {
    absl::Status status = absl::UnavailableError(message);
    if (const auto wait = ParseRetryAfter(head.Find("retry-after"), absl::Now()); wait.has_value()) SetRetryAfter(status, *wait);
    return status;
  }
  if (head.status == 404 || head.status == 410) return absl::NotFoundError(message);
  if (head.status == 401 || head.status == 403) return absl::PermissionDeniedError(message);
  return absl::FailedPreconditionError(message);
}

absl::Status SendFollowing(HttpClient& client, HttpSite& site, const ExchangeRequest& request,
                           absl::FunctionRef<absl::Status(const Url&, const HttpHead&)> on_answer,
                           absl::FunctionRef<absl::Status(absl::string_view)> on_body) {
  Chain chain(request.url);
  while (true) {
    const Url url = chain.last();
    if (request.reached != nullptr) *request.reached = url;
    HttpRequest sent{.method = request.method,
                     .url = url,
                     .headers = request.headers,
                     .user_agent = site.UserAgent(),
                     .longest = request.longest,
                     .cancel = request.cancel};
    for (HttpHeader& header : site.PrivateHeaders(url)) sent.headers.push_back(std::move(header));
    HttpHead head;
    Kind kind = Kind::kFinal;
    std::string text;  // Of a page or a failure.
    absl::Time end = absl::InfiniteFuture();
    const auto see_head = [&](const HttpHead& answer) {
      head = answer;
      end = client.Now() + kLongestPage;
      kind = KindOf(head);
      site.OnHead(url, head);
      return kind == Kind::kFinal ? on_answer(url, head) : absl::OkStatus();
    };
    const auto see_body = [&](absl::string_view bytes) {
      if (kind == Kind::kFinal) return on_body(bytes);
      absl::StrAppend(&text, bytes.substr(0, kMaxPageBytes - text.size()));
      const bool enough = text.size() == kMaxPageBytes || client.Now() > end;
      return enough ? absl::ResourceExhaustedError("the rest is not read") : absl::OkStatus();
    };
    absl::Status status = client.Send(sent, see_head, see_body);
    // What a page or a failure says counts, even if its end is missing.
    if (kind == Kind::kFinal || (!status.ok() && head.status == 0)) return Annotate(status, url.WithoutQuery());
    if (absl::IsCancelled(status)) return status;
    if (kind == Kind::kFailure) return Annotate(site.Explain(url, head, text), url.WithoutQuery());
    ASSIGN_OR_RETURN(Url next, kind == Kind::kRedirect ? ResolveReference(url, head.Find("location")) : site.AfterPage(url, head, text),
                     Annotate(_, url.WithoutQuery()));
    RETURN_IF_ERROR(chain.Add(next));
  }
}

absl::StatusOr<TextAnswer> GetText(HttpClient& client, HttpSite& site, ExchangeRequest request, int64_t limit) {
  request.longest = kLongestText;
  TextAnswer answer;
  RETURN_IF_ERROR(SendFollowing(
      client, site, request,
      [&](const Url& url, const HttpHead& head) {
        answer.url = url;
        answer.head = head;
        return absl::OkStatus();
      },
      [&](absl::string_view bytes) {
        if (static_cast<int64_t>(answer.body.size() + bytes.size()) > limit) {
          return absl::ResourceExhaustedError(absl::StrCat("the answer has more than ", limit, " bytes"));
        }
        absl::StrAppend(&answer.body, bytes);
        return absl::OkStatus();
      }));
  return answer;
}

absl::StatusOr<HttpHead> GetHead(HttpClient& client, HttpSite& site, const Url& url) {
  std::optional<HttpHead> head;
  const auto see_and_stop = [&](const Url&, const HttpHead& answer) {
    head = answer;
    return absl::CancelledError("the head is all that is wanted");
  };
  const ExchangeRequest request{.method = "GET", .url = url, .headers = {{"Range", "bytes=0-0"}}};
  absl::Status status = SendFollowing(client, site, request, see_and_stop, [](absl::string_view) { return absl::OkStatus(); });
  if (head.has_value()) return *std::move(head);
  return status;
}

}  // namespace weighbridge
