#include "base/printable.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/utf8.h"

namespace weighbridge {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// The general categories Cc, Cf, Zl, Zp, Co and what is drawn as nothing. A newline is for the caller.
constexpr Range kInvisible[] = {
    {0x0, 0x9},          {0xb, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
    {0x61c, 0x61c},      {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},
    {0x17b4, 0x17b5},    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
    {0xe000, 0xf8ff},    {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0xfffe, 0xffff},    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0x10ffff},
};

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
    const auto [code_point, length] = FirstCharacter(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte == '\n') {
      out.append(keep_newlines ? "\n" : "\\n");
    } else if (length == 0 || code_point < 0x20) {
      absl::StrAppendFormat(&out, "\\%03o", byte);
    } else if (IsInvisible(code_point)) {
      AppendEscaped(code_point, out);
    } else {
      absl::StrAppend(&out, text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace

bool IsInvisible(uint32_t code_point) {
  if (code_point >= 0x20 && code_point < 0x7f) return false;
  return std::any_of(std::begin(kInvisible), std::end(kInvisible),
                     [=](const Range& range) { return code_point >= range.first && code_point <= range.last; });
}

std::string Printable(absl::string_view text) {
  return Escape(text, /*keep_newlines=*/false);
}

std::string PrintableLines(absl::string_view text) {
  return Escape(text, /*keep_newlines=*/true);
}

}  // namespace weighbridge
