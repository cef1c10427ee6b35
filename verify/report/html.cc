#include "verify/report/html.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "verify/report/numbers.h"

namespace weighbridge::report {
namespace {

constexpr size_t kLongestName = 240;

struct Character {
  uint32_t code_point = 0;
  size_t size = 0;  // Bytes; 0 when there is no well-formed character.
};

// The first character of `text`, which is not empty: shortest forms only, no surrogates.
Character FirstCharacter(absl::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0U; };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t size = lead >= 0xf8 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
  if (size == 0) return {};
  uint32_t code_point = lead & (0x7fU >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code_point = code_point << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  return code_point < kLeast[size] || code_point > 0x10ffff || surrogate ? Character{} : Character{code_point, size};
}

struct Range {
  uint32_t first;
  uint32_t last;
};

// General categories Cc, Cf, Zl, Zp, Co and what renders as nothing: what a reader could not see, or would see at another place.
constexpr Range kInvisible[] = {
    {0x0, 0x9},          {0xb, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
    {0x61c, 0x61c},      {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},
    {0x17b4, 0x17b5},    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
    {0xe000, 0xf8ff},    {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0xfffe, 0xffff},    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0x10ffff},
};

bool IsInvisible(uint32_t code_point) {
  return std::any_of(std::begin(kInvisible), std::end(kInvisible),
                     [=](const Range& range) { return code_point >= range.first && code_point <= range.last; });
}

void AppendEscaped(char c, std::string* source) {
  switch (c) {
    case '&':
      source->append("&amp;");
      break;
    case '<':
      source->append("&lt;");
      break;
    case '>':
      source->append("&gt;");
      break;
    case '"':
      source->append("&quot;");
      break;
    case '\'':
      source->append("&#39;");
      break;
    default:
      source->push_back(c);
  }
}

}  // namespace

Html& Html::Append(const Html& html) {
  source_.append(html.source_);
  return *this;
}

Html& Html::Append(absl::string_view text) {
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    if (character.size == 0) {
      absl::StrAppendFormat(&source_, "<i class=\"character\">0x%02X</i>", static_cast<uint8_t>(text[0]));
    } else if (IsInvisible(character.code_point)) {
      absl::StrAppendFormat(&source_, "<i class=\"character\">U+%04X</i>", character.code_point);
    } else {
      for (const char c : text.substr(0, character.size)) AppendEscaped(c, &source_);
    }
    text.remove_prefix(std::max(character.size, size_t{1}));
  }
  return *this;
}

Html& Html::AppendMarkup(Markup markup) {
  absl::StrAppend(&source_, markup.text());
  return *this;
}

Html ElementWith(Markup tag, std::initializer_list<Attribute> attributes, const Html& content) {
  Html html;
  absl::StrAppend(&html.source_, "<", tag.text());
  for (const Attribute& attribute : attributes) {
    absl::StrAppend(&html.source_, " ", attribute.name.text(), "=\"");
    for (const char c : attribute.value) AppendEscaped(c, &html.source_);
    html.source_.push_back('"');
  }
  absl::StrAppend(&html.source_, ">", content.source(), "</", tag.text().substr(0, tag.text().find(' ')), ">");
  return html;
}

Html Name(absl::string_view name) {
  const std::string abridged = Abridge(name, kLongestName);
  Html html;
  for (absl::string_view rest = abridged; !rest.empty();) {
    const size_t end = std::min(rest.find_first_of("./"), rest.size() - 1) + 1;
    html.Append(rest.substr(0, end));
    rest.remove_prefix(end);
    if (!rest.empty()) html.AppendMarkup("<wbr>");
  }
  return Element("code", html);
}

std::string Abridge(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  const auto is_inside = [&](size_t i) { return (static_cast<uint8_t>(text[i]) & 0xc0) == 0x80; };
  const size_t half = limit / 2;
  size_t head = half;
  size_t tail = text.size() - half;
  // Three steps at most: what follows would be no UTF-8 anyway.
  for (int i = 0; i < 3 && head > 0 && is_inside(head); ++i) --head;
  for (int i = 0; i < 3 && tail < text.size() && is_inside(tail); ++i) ++tail;
  return absl::StrCat(text.substr(0, head), "… (", Count(static_cast<int64_t>(tail - head)), " bytes) …", text.substr(tail));
}

}  // namespace weighbridge::report
