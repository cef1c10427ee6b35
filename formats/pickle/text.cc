#include "formats/pickle/text.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/utf8.h"

namespace weighbridge::pickle {
namespace {

constexpr uint32_t kLastCodePoint = 0x10ffff;

bool IsSurrogate(uint32_t code) {
  return code >= 0xd800 && code <= 0xdfff;
}

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | code >> 18));
    out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

// Moves one escape, which begins with a backslash, from `rest` to `bytes`. False when it is cut or exceeds a byte.
bool TakeEscape(absl::string_view& rest, std::string& bytes) {
  constexpr absl::string_view kLetters = "\\'\"abfnrtv";
  constexpr absl::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
  if (rest.size() < 2) return false;
  const char kind = rest[1];
  if (const size_t letter = kLetters.find(kind); letter != absl::string_view::npos) {
    bytes.push_back(kMeanings[letter]);
    rest.remove_prefix(2);
    return true;
  }
  const int base = kind == 'x' ? 16 : 8;
  const size_t begin = kind == 'x' ? 2 : 1;
  size_t end = begin;
  const size_t limit = begin + (kind == 'x' ? 2 : 3);
  const auto is_digit = [&](char c) { return base == 16 ? absl::ascii_isxdigit(c) : c >= '0' && c <= '7'; };
  while (end < std::min(limit, rest.size()) && is_digit(rest[end])) ++end;
  if (kind == 'x' && end != limit) return false;
  if (end == begin) {  // An unknown escape stands for itself.
    absl::StrAppend(&bytes, rest.substr(0, 2));
    rest.remove_prefix(2);
    return true;
  }
  bytes.push_back(static_cast<char>(std::stoi(std::string(rest.substr(begin, end - begin)), nullptr, base)));
  rest.remove_prefix(end);
  return true;
}

}  // namespace

bool IsLatin1(absl::string_view utf8) {
  // Lead bytes c2 and c3 begin U+0080 to U+00FF; every higher code point has a greater one.
  return std::all_of(utf8.begin(), utf8.end(), [](char c) { return static_cast<uint8_t>(c) <= 0xc3; });
}

std::string Latin1ToUtf8(absl::string_view bytes) {
  std::string utf8;
  for (const char byte : bytes) AppendUtf8(static_cast<uint8_t>(byte), utf8);
  return utf8;
}

std::optional<std::string> DecodeRawUnicodeEscape(absl::string_view line) {
  std::string utf8;
  while (!line.empty()) {
    const size_t digits = absl::StartsWith(line, "\\u") ? 4 : absl::StartsWith(line, "\\U") ? 8 : 0;
    if (digits == 0) {
      // A backslash stands for itself and takes what follows with it: of two the second begins no escape.
      if (line[0] == '\\' && line.size() > 1) {
        AppendUtf8('\\', utf8);
        line.remove_prefix(1);
      }
      AppendUtf8(static_cast<uint8_t>(line[0]), utf8);
      line.remove_prefix(1);
      continue;
    }
    const absl::string_view hex = line.substr(2, digits);
    if (hex.size() < digits || !std::all_of(hex.begin(), hex.end(), absl::ascii_isxdigit)) return std::nullopt;
    const uint64_t code = std::stoull(std::string(hex), nullptr, 16);
    if (code > kLastCodePoint || IsSurrogate(static_cast<uint32_t>(code))) return std::nullopt;
    AppendUtf8(static_cast<uint32_t>(code), utf8);
    line.remove_prefix(2 + digits);
  }
  return utf8;
}

std::optional<std::string> DecodeStringLiteral(absl::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back() || (literal.front() != '"' && literal.front() != '\'')) return std::nullopt;
  absl::string_view rest = literal.substr(1, literal.size() - 2);
  std::string bytes;
  while (!rest.empty()) {
    if (rest[0] != '\\') {
      bytes.push_back(rest[0]);
      rest.remove_prefix(1);
    } else if (!TakeEscape(rest, bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

std::string Escape(absl::string_view text) {
  constexpr size_t kLimit = 60;
  const absl::string_view shown = text.substr(0, kLimit);
  // A cut may leave half a character, whose bytes are then shown as escapes.
  return absl::StrCat(IsUtf8(shown) ? absl::Utf8SafeCHexEscape(shown) : absl::CHexEscape(shown), text.size() > kLimit ? "…" : "");
}

std::string Quote(absl::string_view text) {
  return absl::StrCat("\"", Escape(text), "\"");
}

}  // namespace weighbridge::pickle
