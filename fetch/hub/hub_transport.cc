#include "fetch/hub/hub_transport.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "fetch/address/uri.h"
#include "fetch/address/url.h"
#include "fetch/http/exchange.h"
#include "fetch/http/http_client.h"
#include "fetch/http/http_reader.h"
#include "fetch/hub/hub_listing.h"
#include "fetch/transport.h"

namespace weighbridge {
namespace {

constexpr int64_t kMaxListingBytes = int64_t{64} << 20;

std::string RevisionOf(const Uri& uri) {
  return uri.revision.empty() ? "main" : uri.revision;
}

}  // namespace

HubTransport::HubTransport(HttpClient& client, Url endpoint, std::string token)
    : client_(client), endpoint_(std::move(endpoint)), site_(endpoint_, std::move(token)) {}

Url HubTransport::At(const std::string& path, const std::string& query) const {
  Url url = endpoint_;
  url.path = absl::StrCat(absl::StripSuffix(url.path, "/"), path);
  url.query = query;
  return url;
}

absl::StatusOr<Listing> HubTransport::List(const Uri& uri) {
  const std::string revision = PercentEncode(RevisionOf(uri));
  const Url url = At(absl::StrCat("/api/models/", uri.repository, "/revision/", revision), "blobs=true");
  ASSIGN_OR_RETURN(TextAnswer answer, GetText(client_, site_, {.method = "GET", .url = url, .headers = {}}, kMaxListingBytes));
  ASSIGN_OR_RETURN(Listing listing, ParseHubListing(uri.repository, answer.body), Annotate(_, url.WithoutQuery()));
  if (IsCommit(uri.revision) && uri.revision != listing.revision) {
    return absl::DataLossError(absl::StrCat(url.WithoutQuery(), ": asked for that commit, got ", listing.revision));
  }
  if (uri.path.empty()) return listing;
  for (RemoteFile& file : listing.files) {
    if (file.path == uri.path) return Listing{.revision = listing.revision, .files = {std::move(file)}};
  }
  return absl::NotFoundError(absl::StrCat(uri.repository, " has no file ", uri.path, " at commit ", listing.revision));
}

std::unique_ptr<RemoteReader> HubTransport::Open(const RemoteFile& file) {
  const std::string path =
      absl::StrCat("/", file.uri.repository, "/resolve/", PercentEncode(RevisionOf(file.uri)), "/", PercentEncode(file.uri.path, "/"));
  return std::make_unique<HttpReader>(client_, site_, At(path, ""), file.size);
}

}  // namespace weighbridge
