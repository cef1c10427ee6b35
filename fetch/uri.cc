#include "fetch/uri.h"

#include <algorithm>
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
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "fetch/url.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kHubHosts[] = {"huggingface.co", "hf.co"};
constexpr absl::string_view kDriveHosts[] = {"drive.google.com", "drive.usercontent.google.com"};

bool IsWord(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
    return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || absl::StrContains("-._", byte);
  });
}

absl::Status Error(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(text, ": ", why));
}

// ORG/NAME[@REVISION][/FILE].
absl::StatusOr<Uri> ParseHub(absl::string_view text, absl::string_view rest) {
  const std::vector<std::string> parts = absl::StrSplit(rest, absl::MaxSplits('/', 2));
  constexpr absl::string_view kWanted = "wanted is hf://ORG/NAME[@REVISION][/FILE]";
  if (parts.size() < 2) return Error(text, kWanted);
  const std::vector<std::string> name = absl::StrSplit(parts[1], absl::MaxSplits('@', 1));
  if (!IsWord(parts[0]) || !IsWord(name[0]) || (name.size() == 2 && name[1].empty())) return Error(text, kWanted);
  absl::StatusOr<std::string> revision = PercentDecode(name.size() == 2 ? name[1] : "");
  absl::StatusOr<std::string> path = PercentDecode(parts.size() == 3 ? parts[2] : "");
  if (!revision.ok()) return revision.status();
  if (!path.ok()) return path.status();
  Uri uri = HubUri(absl::StrCat(parts[0], "/", name[0]), *revision, *path);
  if (uri.path.empty()) return uri;
  if (absl::Status status = CheckRelativePath(uri.path); !status.ok()) return Error(text, status.message());
  return uri;
}

// https://huggingface.co/ORG/NAME[/resolve|blob|tree/REVISION[/FILE]].
absl::StatusOr<Uri> ParseHubPage(absl::string_view text, const Url& url) {
  const std::vector<std::string> parts = absl::StrSplit(absl::StripSuffix(url.path.substr(1), "/"), absl::MaxSplits('/', 4));
  if (parts.size() == 2) return ParseHub(text, absl::StrCat(parts[0], "/", parts[1]));
  const bool known = parts.size() >= 4 && (parts[2] == "resolve" || parts[2] == "blob" || parts[2] == "tree");
  if (!known) return Error(text, "no address of a repository or of a file in one");
  return ParseHub(text,
                  absl::StrCat(parts[0], "/", parts[1], "@", parts[3], parts.size() == 5 ? "/" : "", parts.size() == 5 ? parts[4] : ""));
}

absl::StatusOr<Uri> DriveUri(absl::string_view text, absl::string_view id) {
  const bool valid = !id.empty() && std::all_of(id.begin(), id.end(), [](char byte) {
    return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || byte == '-' || byte == '_';
  });
  if (!valid) return Error(text, "wanted is gdrive://ID, or the address of a single file (no folder, no document)");
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
  if (path.empty() || error) return Error(text, "wanted is a path");
  return FileUri(absolute.lexically_normal().string());
}

absl::StatusOr<Uri> ParseBare(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "hf://")) return ParseHub(text, rest);
  if (absl::ConsumePrefix(&rest, "gdrive://")) return DriveUri(text, rest);
  if (absl::ConsumePrefix(&rest, "file://")) {
    absl::ConsumePrefix(&rest, "localhost");
    if (!absl::StartsWith(rest, "/")) return Error(text, "wanted is file:///PATH on this machine");
    absl::StatusOr<std::string> path = PercentDecode(rest);
    return path.ok() ? ParseFile(text, *path) : path.status();
  }
  if (!absl::StrContains(text, "://")) return ParseFile(text, text);
  absl::StatusOr<Url> url = ParseUrl(text);
  if (!url.ok()) return url.status();
  if (std::find(std::begin(kHubHosts), std::end(kHubHosts), url->host) != std::end(kHubHosts)) return ParseHubPage(text, *url);
  if (std::find(std::begin(kDriveHosts), std::end(kDriveHosts), url->host) != std::end(kDriveHosts)) return ParseDrivePage(text, *url);
  if (url->scheme == "http" && !IsLoopback(*url)) return Error(text, "http:// is taken from this machine only; use https://");
  Uri uri;
  uri.scheme = Uri::Scheme::kHttp;
  uri.address = url->ToString();
  return uri;
}

}  // namespace

std::string Uri::ToString() const {
  switch (scheme) {
    case Scheme::kHub:
      return absl::StrCat("hf://", repository, revision.empty() ? "" : "@", PercentEncode(revision), path.empty() ? "" : "/",
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
    if (absl::Status status = CheckSha256(sha256.empty() ? "-" : sha256); !status.ok()) return Error(text, status.message());
  }
  absl::StatusOr<Uri> uri = ParseBare(bare);
  if (uri.ok()) uri->sha256 = sha256;
  return uri;
}

absl::Status CheckSha256(absl::string_view text) {
  const bool hexadecimal =
      std::all_of(text.begin(), text.end(), [](char digit) { return absl::ascii_isxdigit(static_cast<unsigned char>(digit)); });
  if (text.empty() || (text.size() == 64 && hexadecimal)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no SHA-256: wanted are 64 hexadecimal digits"));
}

absl::Status CheckRelativePath(absl::string_view path) {
  bool good = true;
  for (const char byte : path) good = good && byte != '\\' && !absl::ascii_iscntrl(static_cast<unsigned char>(byte));
  for (const absl::string_view part : absl::StrSplit(path, '/')) good = good && !part.empty() && part != "." && part != "..";
  for (const absl::string_view ending : {".part", ".part.journal", ".part.lock"}) good = good && !absl::EndsWith(path, ending);
  return good ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrCat("\"", path, "\" is no file name that we write to"));
}

}  // namespace weighbridge
