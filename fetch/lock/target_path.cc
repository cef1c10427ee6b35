#include "fetch/lock/target_path.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/relative_path.h"
#include "base/status.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kOwnEndings[] = {".part", ".part.journal", ".part.lock", ".bad"};

bool IsOwn(absl::string_view component) {
  for (const absl::string_view ending : kOwnEndings) {
    if (absl::EndsWithIgnoreCase(component, ending)) return true;
  }
  return absl::EqualsIgnoreCase(component, kLockName) || (component[0] == '.' && absl::EndsWithIgnoreCase(component, ".partial"));
}

}  // namespace

absl::StatusOr<RelativePath> ParseTargetPath(absl::string_view text) {
  ASSIGN_OR_RETURN(RelativePath path, RelativePath::Parse(text),
                   absl::InvalidArgumentError(absl::StrCat("is not a file name that we write to: ", _.message())));
  for (const absl::string_view component : path.components()) {
    const bool is_git = absl::EqualsIgnoreCase(component, ".git");
    if (!is_git && !IsOwn(component)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is not a file name that we write to: ", is_git ? "git takes commands from .git" : "it has a name of fetch's own"));
  }
  return path;
}

}  // namespace weighbridge
