#include "verify/report/html.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "verify/report/numbers.h"

namespace weighbridge::report {
namespace {

constexpr size_t kLongestName = 240;

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
    for (const char c : PrintableLines(attribute.value)) AppendEscaped(c, &html.source_);
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
