#include "base/shell_quote.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace weighbridge {
namespace {

// The first bytes, in UTF-8, of blocks with characters that control lines, directions or nothing visible; their visible neighbours may be
// written as octal bytes, too: the shell does not mind.
constexpr absl::string_view kInvisible[] = {
    "\xc2\x80", "\xc2\x81", "\xc2\x82", "\xc2\x83", "\xc2\x84", "\xc2\x85", "\xc2\x86", "\xc2\x87", "\xc2\x88",
    "\xc2\x89", "\xc2\x8a", "\xc2\x8b", "\xc2\x8c", "\xc2\x8d", "\xc2\x8e", "\xc2\x8f", "\xc2\x90", "\xc2\x91",
    "\xc2\x92", "\xc2\x93", "\xc2\x94", "\xc2\x95", "\xc2\x96", "\xc2\x97", "\xc2\x98", "\xc2\x99", "\xc2\x9a",
    "\xc2\x9b", "\xc2\x9c", "\xc2\x9d", "\xc2\x9e", "\xc2\x9f", "\xd8\x9c", "\xe2\x80", "\xe2\x81", "\xef\xbb\xbf"};

bool IsPlain(char byte) {
  return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || absl::StrContains("_@%+=:,./-", byte);
}

bool Prints(absl::string_view word) {
  return std::none_of(word.begin(), word.end(), [](char byte) { return absl::ascii_iscntrl(static_cast<unsigned char>(byte)); }) &&
         std::none_of(std::begin(kInvisible), std::end(kInvisible),
                      [&](absl::string_view bytes) { return absl::StrContains(word, bytes); });
}

}  // namespace

std::string ShellQuote(absl::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), IsPlain)) return std::string(word);
  if (Prints(word)) return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
  std::string quoted = "$'";
  for (const char byte : word) {
    if (IsPlain(byte) || byte == ' ') {
      quoted.push_back(byte);
    } else {
      absl::StrAppendFormat(&quoted, "\\%03o", static_cast<unsigned char>(byte));
    }
  }
  return absl::StrCat(quoted, "'");
}

}  // namespace weighbridge
