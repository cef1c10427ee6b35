#include "fetch/drive/drive_page.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "fetch/address/url.h"

namespace weighbridge {
namespace {

std::string Unescape(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&lt;", "<"}, {"&gt;", ">"}});
}

// The text between `before` and `after`, or "".
absl::string_view Between(absl::string_view text, absl::string_view before, absl::string_view after) {
  const size_t begin = text.find(before);
  if (begin == absl::string_view::npos) return "";
  const size_t end = text.find(after, begin + before.size());
  return end == absl::string_view::npos ? "" : text.substr(begin + before.size(), end - begin - before.size());
}

std::string Attribute(absl::string_view tag, absl::string_view name) {
  return Unescape(Between(tag, absl::StrCat(" ", name, "=\""), "\""));
}

// Every tag of that name, without its angle brackets.
std::vector<absl::string_view> Tags(absl::string_view page, absl::string_view name) {
  std::vector<absl::string_view> tags;
  const std::string opening = absl::StrCat("<", name, " ");
  for (size_t at = page.find(opening); at != absl::string_view::npos; at = page.find(opening, at + 1)) {
    const size_t end = page.find('>', at);
    if (end == absl::string_view::npos) break;
    tags.push_back(page.substr(at, end - at));
  }
  return tags;
}

// The form's address with its hidden fields, or InvalidArgument when there is no such form.
absl::StatusOr<Url> FollowForm(const Url& url, const std::string& origin, absl::string_view page) {
  for (const absl::string_view form : Tags(page, "form")) {
    absl::StatusOr<Url> action = ResolveReference(url, Attribute(form, "action"));
    if (!action.ok() || action->Origin() != origin || action->path != "/download") continue;
    std::vector<std::string> fields;
    for (const absl::string_view input : Tags(page, "input")) {
      if (Attribute(input, "type") != "hidden" || Attribute(input, "name").empty()) continue;
      fields.push_back(absl::StrCat(PercentEncode(Attribute(input, "name")), "=", PercentEncode(Attribute(input, "value"))));
    }
    action->query = absl::StrJoin(fields, "&");
    return action;
  }
  return absl::InvalidArgumentError("no form");
}

std::string Shown(absl::string_view text) {
  std::string shown = Unescape(text.substr(0, 200));
  std::replace_if(
      shown.begin(), shown.end(), [](char byte) { return !absl::ascii_isprint(static_cast<unsigned char>(byte)); }, ' ');
  absl::RemoveExtraAsciiWhitespace(&shown);
  return shown;
}

}  // namespace

absl::StatusOr<Url> AfterDrivePage(const Url& url, int status, const std::string& origin, absl::string_view page) {
  if (absl::StatusOr<Url> next = FollowForm(url, origin, page); next.ok()) return next;
  if (status == 404) return absl::NotFoundError("Google Drive knows no file of that id");
  const std::string caption = Shown(Between(page, "<p class=\"uc-error-subcaption\">", "</p>"));
  if (absl::StrContains(page, "Quota exceeded") || absl::StrContains(page, "Too many users have viewed or downloaded")) {
    return absl::FailedPreconditionError(absl::StrCat(
        "Google Drive's quota for this file is used up, often for a day; download it with a browser and put it where it belongs, and "
        "fetch and --check will take it from there: ",
        caption));
  }
  if (!caption.empty()) return absl::PermissionDeniedError(absl::StrCat("Google Drive does not give this file: ", caption));
  if (absl::StrContains(page, "Sign-in") || absl::StrContains(page, "accounts.google.com")) {
    return absl::PermissionDeniedError("Google Drive asks for a sign-in: the file is not public");
  }
  return absl::FailedPreconditionError(absl::StrCat("Google Drive sent a page instead of the file: ", Shown(page)));
}

}  // namespace weighbridge
