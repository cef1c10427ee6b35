#include "fetch/address/uri.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "fetch/address/url.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kHubHosts[] = {"huggingface.co", "hf.co"};
constexpr absl::string_view kDriveHosts[] = {"drive.google.com", "drive.usercontent.google.com"};

// Of an owner or a repository, as huggingface_hub allows it: its cache names folders "models--ORG--NAME".
bool IsWord(absl::string_view text) {
  constexpr size_t kMaxBytes = 96;
  const bool good = std::all_of(text.begin(), text.end(), [](char byte) {
    return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || absl::StrContains("-._", byte);
  });
  return good && !text.empty() && text.size() <= kMaxBytes && !absl::StrContains("-.", text.front()) &&
         !absl::StrContains("-.", text.back()) && !absl::StrContains(text, "--") && !absl::StrContains(text, "..");
}

absl::Status Error(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(ForMessages(text), ": ", why));
}

absl::StatusOr<std::string> DecodeRelativePath(absl::string_view text, absl::string_view part) {
  ASSIGN_OR_RETURN(std::string decoded, PercentDecode(part), Error(text, _.message()));
  if (decoded.empty()) return decoded;
  RETURN_IF_ERROR(RelativePath::Parse(decoded).status(), Error(text, _.message()));
  return decoded;
}

// ORG/NAME[@REVISION][/FILE], NAME or NAME@REVISION[/FILE]: without an owner the revision tells a file from a name.
absl::StatusOr<Uri> ParseHub(absl::string_view text, absl::string_view rest) {
  constexpr absl::string_view kWanted = "expected hf://ORG/NAME[@REVISION][/FILE], or hf://NAME[@REVISION[/FILE]]";
  if (rest.find_first_of("?#") != absl::string_view::npos) return Error(text, "\"?\" and \"#\" in a name are written %3F and %23");
  std::vector<std::string> parts = absl::StrSplit(rest, absl::MaxSplits('/', 1));
  std::string owner;
  if (parts.size() == 2 && !absl::StrContains(parts[0], '@')) {
    owner = parts[0] + "/";
    if (!IsWord(parts[0])) return Error(text, kWanted);
    parts = absl::StrSplit(std::string(parts[1]), absl::MaxSplits('/', 1));
  }
  const std::vector<std::string> name = absl::StrSplit(parts[0], absl::MaxSplits('@', 1));
  if (!IsWord(name[0]) || (name.size() == 2 && name[1].empty())) return Error(text, kWanted);
  ASSIGN_OR_RETURN(std::string revision, DecodeRelativePath(text, name.size() == 2 ? name[1] : ""));
  ASSIGN_OR_RETURN(std::string path, DecodeRelativePath(text, parts.size() == 2 ? parts[1] : ""));
  return HubUri(owner + name[0], std::move(revision), std::move(path));
}

// https://huggingface.co/[ORG/]NAME[/resolve|blob|tree/REVISION[/FILE]].
absl::StatusOr<Uri> ParseHubPage(absl::string_view text, const Url& url) {
  const std::vector<std::string> parts = absl::StrSplit(absl::StripSuffix(url.path.substr(1), "/"), '/');
  const auto is_view = [](const std::string& part) { return part == "resolve" || part == "blob" || part == "tree"; };
  const bool is_model = parts[0] != "datasets" && parts[0] != "spaces";
  const auto view = std::find_if(parts.begin(), parts.begin() + std::min<ptrdiff_t>(parts.size(), 3), is_view);
  if (is_model && parts.size() <= 2 && view == parts.end()) return ParseHub(text, absl::StrJoin(parts, "/"));
  const bool known = is_model && view != parts.begin() && view - parts.begin() <= 2 && parts.end() - view >= 2 && is_view(*view);
  if (!known) return Error(text, "not the address of a repository or of a file in one");
  const std::string name = absl::StrJoin(parts.begin(), view, "/");
  return ParseHub(text, absl::StrCat(name, "@", absl::StrJoin(view + 1, parts.end(), "/")));
}

absl::StatusOr<Uri> DriveUri(absl::string_view text, absl::string_view id) {
  const bool valid = !id.empty() && std::all_of(id.begin(), id.end(), [](char byte) {
    return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || byte == '-' || byte == '_';
  });
  if (!valid) return Error(text, "expected gdrive://ID, or the address of a single file (no folder, no document)");
  Uri uri;
  uri.scheme = Uri::Scheme::kDrive;
  uri.drive_id = std::string(id);
  return uri;
}

// .../file/d/ID[/view], .../file/u/0/d/ID, /uc?id=ID, /open?id=ID, /download?id=ID.
absl::StatusOr<Uri> ParseDrivePage(absl::string_view text, const Url& url) {
  const std::vector<std::string> parts = absl::StrSplit(url.path, '/');
  if (parts.size() > 2 && parts[1] == "file") {
    const auto marker = std::find(parts.begin() + 2, parts.end(), "d");
    return DriveUri(text, marker == parts.end() || marker + 1 == parts.end() ? "" : *(marker + 1));
  }
  if (url.path == "/uc" || url.path == "/open" || url.path == "/download") {
    for (absl::string_view field : absl::StrSplit(url.query, '&')) {
      if (absl::ConsumePrefix(&field, "id=")) return DriveUri(text, field);
    }
  }
  return DriveUri(text, "");
}

absl::StatusOr<Uri> ParseFile(absl::string_view text, absl::string_view path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(std::string(path), error);
  if (path.empty() || error) return Error(text, "expected a path");
  return FileUri(absolute.lexically_normal().string());
}

absl::StatusOr<Uri> ParseBare(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "hf://")) return ParseHub(text, rest);
  if (absl::ConsumePrefix(&rest, "gdrive://")) return DriveUri(text, rest);
  if (absl::ConsumePrefix(&rest, "file://")) {
    absl::ConsumePrefix(&rest, "localhost");
    if (!absl::StartsWith(rest, "/")) return Error(text, "expected file:///PATH on this machine");
    if (rest.find_first_of("?#") != absl::string_view::npos) return Error(text, "\"?\" and \"#\" in a path are written %3F and %23");
    ASSIGN_OR_RETURN(const std::string path, PercentDecode(rest));
    return ParseFile(text, path);
  }
  if (!absl::StrContains(text, "://")) return ParseFile(text, text);
  ASSIGN_OR_RETURN(Url url, ParseUrl(text));
  if (std::find(std::begin(kHubHosts), std::end(kHubHosts), url.host) != std::end(kHubHosts)) return ParseHubPage(text, url);
  if (std::find(std::begin(kDriveHosts), std::end(kDriveHosts), url.host) != std::end(kDriveHosts)) return ParseDrivePage(text, url);
  RETURN_IF_ERROR(CheckMayBePlain(url), Error(text, _.message()));
  Uri uri;
  uri.scheme = Uri::Scheme::kHttp;
  uri.address = url.WithoutQuery();
  uri.query = url.query;
  return uri;
}

}  // namespace

std::string Uri::ToString() const {
  const bool needs_revision = !absl::StrContains(repository, '/') && !path.empty();
  const std::string named = revision.empty() && needs_revision ? "main" : revision;
  switch (scheme) {
    case Scheme::kHub:
      return absl::StrCat("hf://", repository, named.empty() ? "" : "@", PercentEncode(named), path.empty() ? "" : "/",
                          PercentEncode(path, "/"));
    case Scheme::kDrive:
      return absl::StrCat("gdrive://", drive_id);
    case Scheme::kHttp:
      return address;
    case Scheme::kFile:
      return absl::StrCat("file://", PercentEncode(path, "/"));
  }
  return "";
}

Uri HubUri(std::string repository, std::string revision, std::string path) {
  Uri uri;
  uri.scheme = Uri::Scheme::kHub;
  uri.repository = std::move(repository);
  uri.revision = std::move(revision);
  uri.path = std::move(path);
  return uri;
}

Uri FileUri(std::string path) {
  Uri uri;
  uri.scheme = Uri::Scheme::kFile;
  uri.path = std::move(path);
  return uri;
}

absl::StatusOr<Uri> ParseUri(absl::string_view text) {
  absl::string_view bare = text;
  std::string sha256;
  if (const size_t mark = text.rfind("#sha256="); mark != absl::string_view::npos) {
    sha256 = absl::AsciiStrToLower(text.substr(mark + 8));
    bare = text.substr(0, mark);
    RETURN_IF_ERROR(CheckSha256(sha256.empty() ? "-" : sha256), Error(text, _.message()));
  }
  ASSIGN_OR_RETURN(Uri uri, ParseBare(bare));
  uri.sha256 = std::move(sha256);
  return uri;
}

absl::Status CheckSha256(absl::string_view text) {
  const bool hexadecimal =
      std::all_of(text.begin(), text.end(), [](char digit) { return absl::ascii_isxdigit(static_cast<unsigned char>(digit)); });
  if (text.empty() || (text.size() == 64 && hexadecimal)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not a SHA-256: expected 64 hexadecimal digits"));
}

absl::Status CheckHasQuery(const Uri& uri) {
  if (!uri.lacks_query) return absl::OkStatus();
  return absl::FailedPreconditionError("its address had a query, which may be a secret and is kept nowhere: give the address again");
}

}  // namespace weighbridge
