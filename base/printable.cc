#include "base/printable.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace weighbridge {
namespace {

struct CodePoints {
  uint32_t first;
  uint32_t last;
};

// Unicode 15.1: the general categories Cc, Cf, Zl and Zp, and what else is drawn as nothing (Default_Ignorable_Code_Point), but for
// variation selectors, which belong to ordinary texts.
constexpr CodePoints kUnseen[] = {
    {0x7f, 0x9f},        // DEL and C1.
    {0xad, 0xad},        // Soft hyphen.
    {0x34f, 0x34f},      // Combining grapheme joiner.
    {0x600, 0x605},      // Arabic number signs.
    {0x61c, 0x61c},      // Arabic letter mark.
    {0x6dd, 0x6dd},      // Arabic end of ayah.
    {0x70f, 0x70f},      // Syriac abbreviation mark.
    {0x890, 0x891},      // Arabic currency marks.
    {0x8e2, 0x8e2},      // Arabic disputed end of ayah.
    {0x115f, 0x1160},    // Hangul fillers.
    {0x17b4, 0x17b5},    // Khmer inherent vowels.
    {0x180b, 0x180f},    // Mongolian selectors and vowel separator.
    {0x200b, 0x200f},    // Zero-width ones, left-to-right and right-to-left mark.
    {0x2028, 0x202e},    // Separators of lines and paragraphs, embeddings and overrides.
    {0x2060, 0x206f},    // Word joiner, invisible operators, isolates.
    {0x3164, 0x3164},    // Hangul filler.
    {0xfeff, 0xfeff},    // Byte order mark.
    {0xffa0, 0xffa0},    // Half-width Hangul filler.
    {0xfff0, 0xfffb},    // Interlinear annotation.
    {0x110bd, 0x110bd},  // Kaithi number sign.
    {0x110cd, 0x110cd},  // Kaithi number sign above.
    {0x13430, 0x1343f},  // Egyptian hieroglyph format controls.
    {0x1bca0, 0x1bca3},  // Shorthand format controls.
    {0x1d173, 0x1d17a},  // Musical format controls.
    {0xe0000, 0xe00ff},  // Tags.
    {0xe01f0, 0xe0fff},
};

bool IsUnseen(uint32_t code_point) {
  const CodePoints* after = std::upper_bound(std::begin(kUnseen), std::end(kUnseen), code_point,
                                             [](uint32_t value, const CodePoints& range) { return value < range.first; });
  return after != std::begin(kUnseen) && code_point <= std::prev(after)->last;
}

struct Decoded {
  uint32_t code_point;
  size_t length;  // Bytes; 0 where no valid UTF-8 begins: also what is longer than need be, a surrogate, or beyond U+10FFFF.
};

Decoded Decode(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {0, 0};
  uint32_t code_point = lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0, 0};
    code_point = (code_point << 6) | (byte(i) & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xd800 && code_point < 0xe000;
  if (code_point < kLeast[length] || is_surrogate || code_point > 0x10ffff) return {0, 0};
  return {code_point, length};
}

void AppendEscaped(uint32_t code_point, std::string& out) {
  if (code_point < 0x10000) {
    absl::StrAppendFormat(&out, "\\u%04x", code_point);
  } else {
    absl::StrAppendFormat(&out, "\\u%04x\\u%04x", 0xd800 + ((code_point - 0x10000) >> 10), 0xdc00 + (code_point & 0x3ff));
  }
}

std::string Escape(absl::string_view text, bool keep_newlines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [code_point, length] = Decode(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte == '\n') {
      out.append(keep_newlines ? "\n" : "\\n");
    } else if (length == 0 || code_point < 0x20) {
      absl::StrAppendFormat(&out, "\\%03o", byte);
    } else if (IsUnseen(code_point)) {
      AppendEscaped(code_point, out);
    } else {
      absl::StrAppend(&out, text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace

std::string Printable(absl::string_view text) {
  return Escape(text, /*keep_newlines=*/false);
}

std::string PrintableLines(absl::string_view text) {
  return Escape(text, /*keep_newlines=*/true);
}

}  // namespace weighbridge
