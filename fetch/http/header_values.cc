#include "fetch/http/header_values.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "fetch/address/url.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/http/http_client.h"
#include "fetch/transport.h"

namespace weighbridge {
namespace {

constexpr size_t kMaxValidatorBytes = 1024;

// Digits alone: no sign, no blanks.
std::optional<int64_t> ParseNumber(absl::string_view text) {
  const bool digits = text.find_first_not_of("0123456789") == absl::string_view::npos;
  int64_t number = 0;
  return digits && absl::SimpleAtoi(text, &number) ? std::optional(number) : std::nullopt;
}

std::optional<absl::Time> ParseDate(absl::string_view text) {
  absl::Time time;
  std::string error;
  return absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", text, &time, &error) ? std::optional(time) : std::nullopt;
}

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
    if (equals != absl::string_view::npos && absl::EqualsIgnoreCase(member.substr(0, equals), name)) return member.substr(equals + 1);
  }
  return "";
}

bool IsMd5(absl::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

}  // namespace

std::optional<ContentRange> ParseContentRange(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "bytes ")) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::ByAnyChar("-/"));
  if (parts.size() != 3) return std::nullopt;
  const std::optional<int64_t> first = ParseNumber(parts[0]);
  const std::optional<int64_t> last = ParseNumber(parts[1]);
  const std::optional<int64_t> total = ParseNumber(parts[2]);
  if (!first.has_value() || !last.has_value() || !total.has_value() || *last < *first || *total <= *last) return std::nullopt;
  return ContentRange{.range = {.begin = *first, .end = *last + 1}, .total = *total};
}

std::optional<int64_t> ContentLength(const HttpHead& head) {
  return ParseNumber(head.Find("content-length"));
}

std::optional<int64_t> TotalSize(const HttpHead& head) {
  if (head.status != 206) return head.status / 100 == 2 ? ContentLength(head) : std::nullopt;
  const std::optional<ContentRange> range = ParseContentRange(head.Find("content-range"));
  return range.has_value() ? std::optional(range->total) : std::nullopt;
}

std::string ValidatorOf(const HttpHead& head) {
  const absl::string_view etag = head.Find("etag");
  if (absl::StartsWith(etag, "\"") && etag.size() <= kMaxValidatorBytes) return std::string(etag);
  const std::optional<absl::Time> modified = ParseDate(head.Find("last-modified"));
  const std::optional<absl::Time> date = ParseDate(head.Find("date"));
  const bool settled = modified.has_value() && date.has_value() && *date - *modified >= absl::Seconds(1);
  return settled ? std::string(head.Find("last-modified")) : "";
}

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

std::optional<absl::Duration> ParseRetryAfter(absl::string_view text, absl::Time now) {
  text = absl::StripAsciiWhitespace(text);
  int64_t seconds = 0;
  if (absl::SimpleAtoi(text, &seconds)) return absl::Seconds(std::max(seconds, int64_t{0}));
  const std::optional<absl::Time> time = ParseDate(text);
  return time.has_value() ? std::optional(std::max(*time - now, absl::ZeroDuration())) : std::nullopt;
}

std::string AttachmentName(absl::string_view content_disposition) {
  std::string name;
  for (absl::string_view field : absl::StrSplit(content_disposition, ';')) {
    field = absl::StripAsciiWhitespace(field);
    if (absl::ConsumePrefix(&field, "filename*=UTF-8''")) {
      absl::StatusOr<std::string> decoded = PercentDecode(field);
      if (decoded.ok()) name = *std::move(decoded);
      break;
    }
    if (absl::ConsumePrefix(&field, "filename=")) name = std::string(absl::StripPrefix(absl::StripSuffix(field, "\""), "\""));
  }
  name.erase(std::remove_if(name.begin(), name.end(), [](char byte) { return absl::ascii_iscntrl(static_cast<unsigned char>(byte)); }),
             name.end());
  name = name.substr(name.find_last_of("/\\") + 1);
  return name.substr(std::min(name.find_first_not_of('.'), name.size()));
}

}  // namespace weighbridge
