#include "base/shell_quote.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/printable.h"

namespace weighbridge {
namespace {

bool IsPlain(char byte) {
  return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || absl::StrContains("_@%+=:,./-", byte);
}

// zsh takes "=ls" for the place of the command ls.
bool IsPlainWord(absl::string_view word) {
  return !word.empty() && word[0] != '=' && std::all_of(word.begin(), word.end(), IsPlain);
}

}  // namespace

std::string ShellQuote(absl::string_view word) {
  if (IsPlainWord(word)) return std::string(word);
  if (Printable(word) == word) return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
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
