#include "fetch/drive/drive_transport.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/address/url.h"
#include "fetch/drive/drive_page.h"
#include "fetch/http/exchange.h"
#include "fetch/http/header_values.h"
#include "fetch/http/http_client.h"
#include "fetch/http/http_reader.h"
#include "fetch/lock/target_path.h"
#include "fetch/transport.h"

namespace weighbridge {

DriveSite::DriveSite(Url endpoint) : endpoint_(std::move(endpoint)) {}

bool DriveSite::IsDrive(const Url& url) const {
  return url.Origin() == endpoint_.Origin() || (url.scheme == "https" && absl::EndsWith(url.host, ".google.com"));
}

std::vector<HttpHeader> DriveSite::PrivateHeaders(const Url& url) const {
  const std::lock_guard lock(mutex_);
  if (!IsDrive(url) || cookies_.empty()) return {};
  return {{"Cookie", absl::StrJoin(cookies_, "; ", absl::PairFormatter("="))}};
}

std::string DriveSite::UserAgent() const {
  return "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0";
}

void DriveSite::OnHead(const Url& url, const HttpHead& head) {
  if (!IsDrive(url)) return;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = head.headers.equal_range("set-cookie");
  for (auto header = begin; header != end; ++header) {
    const std::string pair = header->second.substr(0, header->second.find(';'));
    if (const size_t equals = pair.find('='); equals != std::string::npos) cookies_[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
}

absl::StatusOr<Url> DriveSite::AfterPage(const Url& url, const HttpHead& head, absl::string_view page) {
  return AfterDrivePage(url, head.status, endpoint_.Origin(), page);
}

DriveTransport::DriveTransport(HttpClient& client, Url endpoint) : client_(client), endpoint_(std::move(endpoint)), site_(endpoint_) {}

Url DriveTransport::DownloadUrl(const Uri& uri) const {
  Url url = endpoint_;
  url.path = "/download";
  url.query = absl::StrCat("id=", uri.drive_id, "&export=download&confirm=t");
  return url;
}

absl::StatusOr<Listing> DriveTransport::List(const Uri& uri) {
  ASSIGN_OR_RETURN(const HttpHead head, GetHead(client_, site_, DownloadUrl(uri)), Annotate(_, uri.ToString()));
  RemoteFile file{.path = AttachmentName(head.Find("content-disposition")), .uri = uri, .size = TotalSize(head).value_or(-1), .hashes = {}};
  if (file.size < 0 || !ParseTargetPath(file.path).ok()) {
    return absl::FailedPreconditionError(absl::StrCat(uri.ToString(), ": Google Drive names no file and size"));
  }
  return Listing{.revision = "", .files = {std::move(file)}};
}

std::unique_ptr<RemoteReader> DriveTransport::Open(const RemoteFile& file) {
  return std::make_unique<HttpReader>(client_, site_, DownloadUrl(file.uri), file.size);
}

}  // namespace weighbridge
