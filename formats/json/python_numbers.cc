#include "formats/json/python_numbers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kMark = "\xef\xb7\x90";  // U+FDD0.
constexpr absl::string_view kEscapedMark = "\\ufdd0";

// Behind the text, in quotes, that begins at `at`, or the end.
size_t SkipText(absl::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) at += json[at] == '\\' ? 1 : 0;
  return std::min(at + 1, json.size());
}

// Behind what could be a word or a number.
size_t SkipWord(absl::string_view json, size_t at) {
  const auto is_inside = [](char c) { return absl::ascii_isalnum(c) || absl::StrContains("+-._", absl::string_view(&c, 1)); };
  while (at < json.size() && is_inside(json[at])) ++at;
  return at;
}

bool IsPythonNumber(absl::string_view word) {
  absl::string_view digits = word;
  const bool is_negative = absl::ConsumePrefix(&digits, "-");
  if (digits == "Infinity" || word == "NaN") return true;
  if (digits.empty() || digits[0] == '0' || digits.find_first_not_of("0123456789") != absl::string_view::npos) return false;
  int64_t fits;
  uint64_t fits_unsigned;
  return !(is_negative ? absl::SimpleAtoi(word, &fits) : absl::SimpleAtoi(word, &fits_unsigned));
}

bool IsKey(absl::string_view rest) {
  return absl::StartsWith(absl::StripLeadingAsciiWhitespace(rest), ":");
}

bool HasMark(absl::string_view json) {
  if (absl::StrContains(json, kMark)) return true;
  for (size_t at = json.find("\\u"); at != absl::string_view::npos; at = json.find("\\u", at + 1)) {
    if (absl::EqualsIgnoreCase(json.substr(at, kEscapedMark.size()), kEscapedMark)) return true;
  }
  return false;
}

}  // namespace

absl::Status QuotePythonNumbers(std::string& text) {
  if (HasMark(text)) return absl::DataLossError("it holds U+FDD0, which is not a character");
  const absl::string_view json = text;
  std::string quoted;
  size_t copied = 0;
  for (size_t at = 0; at < json.size();) {
    const size_t end = json[at] == '"' ? SkipText(json, at) : std::max(SkipWord(json, at), at + 1);
    const absl::string_view word = json.substr(at, end - at);
    if (IsPythonNumber(word) && !IsKey(json.substr(end))) {
      absl::StrAppend(&quoted, json.substr(copied, at - copied), "\"", kMark, word, "\"");
      copied = end;
    }
    at = end;
  }
  if (copied > 0) text = absl::StrCat(quoted, json.substr(copied));
  return absl::OkStatus();
}

std::optional<double> PythonNumber(absl::string_view text) {
  double number;
  // Which also knows the words, and takes what exceeds a double for infinite.
  if (!absl::ConsumePrefix(&text, kMark) || !IsPythonNumber(text) || !absl::SimpleAtod(text, &number)) return std::nullopt;
  return number;
}

std::string UnquotePythonNumbers(absl::string_view json) {
  const std::string begin = absl::StrCat("\"", kEscapedMark);
  std::string unquoted;
  for (size_t at = json.find(begin); at != absl::string_view::npos; at = json.find(begin)) {
    const size_t word = at + begin.size();
    const size_t end = json.find('"', word);
    absl::StrAppend(&unquoted, json.substr(0, at), json.substr(word, end - word));
    json.remove_prefix(end + 1);
  }
  return absl::StrCat(unquoted, json);
}

}  // namespace weighbridge
