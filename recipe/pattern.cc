#include "recipe/pattern.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace weighbridge {

bool MatchesPattern(absl::string_view pattern, absl::string_view name, int64_t* steps) {
  size_t p = 0;
  size_t n = 0;
  // Where to go on when the text after the last star does not fit: the star takes one character more.
  size_t star = absl::string_view::npos;
  size_t taken = 0;
  int64_t compared = 0;
  bool fits = true;
  while (fits && n < name.size()) {
    ++compared;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      fits = false;
    }
  }
  if (steps != nullptr) *steps += compared;
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return fits && p == pattern.size();
}

}  // namespace weighbridge
