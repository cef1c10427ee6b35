#include "base/relative_path.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/utf8.h"

namespace weighbridge {
namespace {

constexpr size_t kMaxComponentBytes = 255;  // NAME_MAX.
constexpr size_t kMaxPathBytes = 1024;

// ASCII's, C1, and the separators of lines and paragraphs.
bool IsControl(uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) || code_point == 0x2028 || code_point == 0x2029;
}

// Bytes that belong to no character are none: a file's name need not be UTF-8.
bool HasControlCharacter(absl::string_view text) {
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    if (character.size > 0 && IsControl(character.code_point)) return true;
    text.remove_prefix(std::max<size_t>(character.size, 1));
  }
  return false;
}

// Why `component` is none; empty when it is one.
absl::string_view Fault(absl::string_view component) {
  if (component.empty()) return "a part of it is empty";
  if (component == "." || component == "..") return "\".\" and \"..\" lead elsewhere";
  return component.size() > kMaxComponentBytes ? "a part of it has more than 255 bytes" : "";
}

absl::Status Error(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text.substr(0, kMaxPathBytes), "\" is not a relative path: ", why));
}

}  // namespace

absl::StatusOr<RelativePath> RelativePath::Parse(absl::string_view text) {
  if (text.empty()) return Error(text, "it is empty");
  if (text[0] == '/') return Error(text, "it begins with \"/\"");
  if (text.size() > kMaxPathBytes) return Error(text, "it has more than 1024 bytes");
  if (text.find('\\') != absl::string_view::npos) return Error(text, "it has a backslash");
  if (HasControlCharacter(text)) return Error(text, "it has a control character");
  for (const absl::string_view component : absl::StrSplit(text, '/')) {
    if (const absl::string_view fault = Fault(component); !fault.empty()) return Error(text, fault);
  }
  return RelativePath(std::string(text));
}

std::vector<absl::string_view> RelativePath::components() const {
  return absl::StrSplit(text_, '/');
}

std::string JoinPath(absl::string_view folder, const RelativePath& path) {
  return absl::StrCat(folder, folder.empty() ? "" : "/", path.text());
}

absl::Status CheckAreFilesOfOneFolder(absl::Span<const RelativePath> paths) {
  std::set<absl::string_view> files;
  for (const RelativePath& path : paths) {
    if (!files.insert(path.text()).second) return absl::InvalidArgumentError(absl::StrCat("\"", path.text(), "\" is named twice"));
  }
  for (const RelativePath& path : paths) {
    const absl::string_view text = path.text();
    for (size_t slash = text.find('/'); slash != absl::string_view::npos; slash = text.find('/', slash + 1)) {
      if (!files.contains(text.substr(0, slash))) continue;
      return absl::InvalidArgumentError(absl::StrCat("\"", text.substr(0, slash), "\" is named as a file, and \"", text, "\" below it"));
    }
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
