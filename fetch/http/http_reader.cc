#include "fetch/http/http_reader.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "fetch/address/url.h"
#include "fetch/http/exchange.h"
#include "fetch/http/header_values.h"
#include "fetch/http/http_client.h"
#include "fetch/transport.h"

namespace weighbridge {
namespace {

constexpr size_t kShownBytes = 80;

// Baidu's object storage documents If-Match and not If-Range (docs/spec/fetching.md 3.4); with a date neither knows another way.
std::string ConditionFor(const Url& url, absl::string_view validator) {
  return absl::EndsWith(url.host, ".bcebos.com") && absl::StartsWith(validator, "\"") ? "If-Match" : "If-Range";
}

}  // namespace

HttpReader::HttpReader(HttpClient& client, HttpSite& site, Url canonical, int64_t size)
    : client_(client), site_(site), canonical_(std::move(canonical)), size_(size) {}

std::optional<Url> HttpReader::located() const {
  const std::lock_guard lock(mutex_);
  return located_;
}

void HttpReader::set_located(std::optional<Url> url) {
  const std::lock_guard lock(mutex_);
  located_ = std::move(url);
}

absl::Status HttpReader::Read(const Request& request, absl::FunctionRef<absl::Status(const BodyStart&)> on_start,
                              absl::FunctionRef<absl::Status(absl::string_view)> on_bytes) {
  Url reached;
  absl::Status status = ReadFrom(located().value_or(canonical_), request, on_start, on_bytes, reached);
  if (status.ok()) return status;
  set_located(std::nullopt);
  if (!absl::IsPermissionDenied(status) || reached.Origin() == canonical_.Origin()) return status;
  status = ReadFrom(canonical_, request, on_start, on_bytes, reached);
  if (!absl::IsPermissionDenied(status) || reached.Origin() == canonical_.Origin() || request.whole) return status;
  // Such a server may refuse ranges only (docs/spec/fetching.md 1.8.5).
  set_located(std::nullopt);
  return absl::OutOfRangeError(status.message());
}

absl::Status HttpReader::ReadFrom(const Url& url, const Request& request, absl::FunctionRef<absl::Status(const BodyStart&)> on_start,
                                  absl::FunctionRef<absl::Status(absl::string_view)> on_bytes, Url& reached) {
  ExchangeRequest sent{.method = "GET", .url = url, .headers = {}, .cancel = request.cancel, .reached = &reached};
  if (!request.whole) {
    sent.headers.push_back({"Range", absl::StrCat("bytes=", request.range.begin, "-", request.range.end - 1)});
    if (!request.validator.empty()) sent.headers.push_back({ConditionFor(canonical_, request.validator), request.validator});
  }
  int64_t left = 0;
  const auto see_answer = [&](const Url& final_url, const HttpHead& head) -> absl::Status {
    set_located(final_url);
    ASSIGN_OR_RETURN(BodyStart start, CheckAnswer(request, head));
    left = (start.is_range ? request.range.end : size_) - start.begin;
    return on_start(start);
  };
  const auto see_body = [&](absl::string_view bytes) {
    // Cannot be behind a Content-Length; a chunked answer could go on for ever.
    if (static_cast<int64_t>(bytes.size()) > left) return absl::OutOfRangeError("the server sent more bytes than it announced");
    left -= static_cast<int64_t>(bytes.size());
    return on_bytes(bytes);
  };
  absl::Status status = SendFollowing(client_, site_, sent, see_answer, see_body);
  if (status.ok() && left > 0) return absl::UnavailableError(absl::StrCat(url.WithoutQuery(), ": ", left, " bytes are missing"));
  return status;
}

absl::StatusOr<BodyStart> HttpReader::CheckAnswer(const Request& request, const HttpHead& head) const {
  const std::string validator = ValidatorOf(head);
  const bool changed = !request.validator.empty() && !validator.empty() && validator != request.validator;
  if (head.status == 412 || changed) return absl::AbortedError("the file was changed meanwhile");
  if (head.status == 416) {
    return absl::OutOfRangeError(
        absl::StrCat("status 416, the server's file is \"", head.Find("content-range").substr(0, kShownBytes), "\""));
  }
  const std::optional<int64_t> length = ContentLength(head);
  if (head.status == 206) {
    const std::optional<ContentRange> got = ParseContentRange(head.Find("content-range"));
    // A shorter range than the asked one would be legal; nobody sends it.
    if (request.whole || !got.has_value() || got->range != request.range || got->total != size_ ||
        length.value_or(request.range.size()) != request.range.size()) {
      return absl::OutOfRangeError(absl::StrCat("asked for bytes ", request.range.begin, "-", request.range.end - 1, "/", size_, ", got \"",
                                                head.Find("content-range").substr(0, kShownBytes), "\" of ",
                                                head.Find("content-length").substr(0, kShownBytes), " bytes"));
    }
    return BodyStart{.begin = request.range.begin, .is_range = true, .validator = validator};
  }
  if (length.value_or(size_) != size_) {
    return absl::AbortedError(absl::StrCat("the server announces ", *length, " bytes, expected ", size_));
  }
  return BodyStart{.begin = 0, .is_range = false, .validator = validator};
}

}  // namespace weighbridge
