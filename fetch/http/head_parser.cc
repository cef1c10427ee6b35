#include "fetch/http/head_parser.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fetch/http/http_client.h"

namespace weighbridge {
namespace {

constexpr size_t kMaxBytes = size_t{256} << 10;
constexpr size_t kMaxLines = 1000;
constexpr size_t kShownBytes = 80;

}  // namespace

absl::StatusOr<bool> HeadParser::Add(absl::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxBytes || ++lines_ > kMaxLines) return absl::FailedPreconditionError("the server's headers have no end");
  if (done_) return false;
  line = absl::StripAsciiWhitespace(line);
  if (absl::StartsWith(line, "HTTP/")) {
    head_ = HttpHead{};
    const size_t space = line.find(' ');
    const absl::string_view status = space == absl::string_view::npos ? "" : line.substr(space + 1, 3);
    if (!absl::SimpleAtoi(status, &head_.status)) head_.status = 0;
    return false;
  }
  if (line.empty()) {
    if (head_.status / 100 == 1) return false;
    done_ = true;
    const absl::string_view encoding = head_.Find("content-encoding");
    if (encoding.empty() || absl::EqualsIgnoreCase(encoding, "identity")) return true;
    return absl::FailedPreconditionError(
        absl::StrCat("the server sent \"", encoding.substr(0, kShownBytes), "\" instead of the bytes as they are"));
  }
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos) return false;
  head_.headers.emplace(absl::AsciiStrToLower(line.substr(0, colon)), absl::StripAsciiWhitespace(line.substr(colon + 1)));
  return false;
}

}  // namespace weighbridge
