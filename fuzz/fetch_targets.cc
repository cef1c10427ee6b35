#include "fuzz/fetch_targets.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "fetch/address/url.h"
#include "fetch/disk/file_hasher.h"
#include "fetch/drive/drive_page.h"
#include "fetch/http/head_parser.h"
#include "fetch/http/header_values.h"
#include "fetch/http/http_client.h"
#include "fetch/hub/hub_listing.h"
#include "fetch/transport.h"

namespace weighbridge {
namespace {

std::string HashesText(const Hashes& hashes) {
  return absl::StrCat(hashes.sha256, " ", hashes.git_sha1, " ", hashes.md5);
}

}  // namespace

absl::StatusOr<std::string> FuzzHttpHead(const std::string& bytes) {
  HeadParser parser;
  for (const absl::string_view line : absl::StrSplit(bytes, '\n')) {
    RETURN_IF_ERROR(parser.Add(line).status());
  }
  const HttpHead& head = parser.head();
  const std::optional<ContentRange> range = ParseContentRange(head.Find("content-range"));
  if (range.has_value() && (range->range.begin < 0 || range->range.size() <= 0 || range->total < range->range.end)) {
    return absl::InternalError("a Content-Range that makes no sense");
  }
  const std::optional<absl::Duration> wait = ParseRetryAfter(head.Find("retry-after"), absl::UnixEpoch());
  return absl::StrCat(head.status, "\n", TotalSize(head).value_or(-1), "\n", range.has_value() ? range->range.begin : -1, "\n",
                      absl::FormatDuration(wait.value_or(-absl::InfiniteDuration())), "\n", ValidatorOf(head), "\n",
                      HashesText(StatedHashes(head)), "\n", AttachmentName(head.Find("content-disposition")));
}

absl::StatusOr<std::string> FuzzHubListing(const std::string& bytes) {
  ASSIGN_OR_RETURN(const Listing listing, ParseHubListing("org/model", bytes));
  std::string text = listing.revision;
  for (const RemoteFile& file : listing.files) {
    absl::StrAppend(&text, "\n", file.uri.ToString(), " ", file.size, " ", HashesText(file.hashes));
  }
  return text;
}

absl::StatusOr<std::string> FuzzDrivePage(const std::string& bytes) {
  const Url url = *ParseUrl("https://drive.usercontent.google.com/download?id=1");
  ASSIGN_OR_RETURN(const Url next, AfterDrivePage(url, 200, url.Origin(), bytes));
  if (next.Origin() != url.Origin() || next.path != "/download") return absl::InternalError(absl::StrCat("leads to ", next.ToString()));
  return next.ToString();
}

}  // namespace weighbridge
