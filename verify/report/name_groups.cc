#include "verify/report/name_groups.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace weighbridge::report {
namespace {

bool IsNumber(absl::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

}  // namespace

std::string Component(absl::string_view name) {
  std::vector<absl::string_view> parts = absl::StrSplit(name, absl::MaxSplits('.', 3));
  if (parts.size() > 1) parts.pop_back();
  if (parts.size() > 2) parts.pop_back();
  parts.erase(std::find_if(parts.begin(), parts.end(), IsNumber), parts.end());
  return parts.empty() ? "*" : absl::StrJoin(parts, ".");
}

std::string Pattern(absl::string_view text) {
  std::string pattern;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[end]))) ++end;
    const bool starts_part = i == 0 || text[i - 1] == '.';
    const bool ends_part = end == text.size() || absl::string_view(".,)").find(text[end]) != absl::string_view::npos;
    if (end > i && starts_part && ends_part) {
      pattern.push_back('*');
    } else {
      end = std::max(end, i + 1);
      pattern.append(text.data() + i, end - i);
    }
    i = end;
  }
  return pattern;
}

}  // namespace weighbridge::report
