#include "fetch/testing/fake_http_client.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "fetch/http/http_client.h"

namespace weighbridge {
namespace {

FakeHttpClient::Server ServerOf(std::vector<FakeAnswer> script) {
  return [script = std::move(script), next = std::make_shared<size_t>(0)](const HttpRequest&) {
    if (*next < script.size()) return script[(*next)++];
    return FakeAnswer{.status = 0, .failure = absl::UnavailableError("the script is over")};
  };
}

}  // namespace

FakeHttpClient::FakeHttpClient(std::vector<FakeAnswer> script) : FakeHttpClient(ServerOf(std::move(script))) {}

absl::Status FakeHttpClient::Send(const HttpRequest& request, absl::FunctionRef<absl::Status(const HttpHead&)> on_head,
                                  absl::FunctionRef<absl::Status(absl::string_view)> on_body) {
  const absl::Time end = Now() + request.longest;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const FakeAnswer answer = server_(request);
  if (answer.status == 0) return answer.failure;
  RETURN_IF_ERROR(on_head({.status = answer.status, .headers = answer.headers}));
  if (request.method == "HEAD") return answer.failure;
  for (absl::string_view rest = answer.body; !rest.empty(); rest.remove_prefix(std::min(answer.piece, rest.size()))) {
    {
      const std::lock_guard lock(mutex_);
      now_ += answer.pause;
    }
    if (request.cancel != nullptr && *request.cancel) return absl::CancelledError("stopped");
    if (Now() > end) return absl::DeadlineExceededError("the answer takes too long");
    RETURN_IF_ERROR(on_body(rest.substr(0, answer.piece)));
  }
  return answer.failure;
}

absl::Time FakeHttpClient::Now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::vector<HttpRequest> FakeHttpClient::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string HeaderOf(const HttpRequest& request, absl::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (absl::EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return "";
}

FakeAnswer AnswerWithFile(const HttpRequest& request, const std::string& bytes, const std::string& etag) {
  FakeAnswer answer{.status = 200, .headers = {{"etag", etag}}, .body = bytes};
  const std::string range = HeaderOf(request, "Range");
  const std::string condition = HeaderOf(request, "If-Range");
  if (!range.empty() && (condition.empty() || condition == etag)) {
    const std::vector<std::string> ends = absl::StrSplit(absl::StripPrefix(range, "bytes="), '-');
    size_t first = 0;
    size_t last = 0;
    if (ends.size() != 2 || !absl::SimpleAtoi(ends[0], &first) || !absl::SimpleAtoi(ends[1], &last) || first >= bytes.size()) {
      return {.status = 416, .headers = {{"content-range", absl::StrCat("bytes */", bytes.size())}}};
    }
    answer.status = 206;
    answer.body = bytes.substr(first, last - first + 1);
    answer.headers.emplace("content-range", absl::StrCat("bytes ", first, "-", first + answer.body.size() - 1, "/", bytes.size()));
  }
  answer.headers.emplace("content-length", absl::StrCat(answer.body.size()));
  return answer;
}

}  // namespace weighbridge
