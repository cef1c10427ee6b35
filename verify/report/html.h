#ifndef WEIGHBRIDGE_VERIFY_REPORT_HTML_H_
#define WEIGHBRIDGE_VERIFY_REPORT_HTML_H_

#include <cstddef>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge::report {

// Markup that stands in our code; the compiler takes nothing else.
class Markup {
 public:
  consteval Markup(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  absl::string_view text() const { return text_; }

 private:
  const char* text_;
};

// A piece of a page. It is made of markup of ours, of other Html, and of text, which is escaped: so nothing from a file can become markup.
// Characters that would not show or would change how their neighbours show (controls, marks of direction, zero widths), and bytes that
// are not UTF-8, are written out in an element of their own: "U+202E", "0xFF". Line feeds stay.
class Html {
 public:
  Html() = default;

  Html& Append(const Html& html);
  Html& Append(absl::string_view text);
  Html& AppendMarkup(Markup markup);

  bool empty() const { return source_.empty(); }
  const std::string& source() const { return source_; }

 private:
  friend Html ElementWith(Markup tag, std::initializer_list<struct Attribute> attributes, const Html& content);

  std::string source_;
};

// The parts one after the other; each is Html or text.
template <typename... Parts>
Html Concat(const Parts&... parts) {
  Html html;
  (html.Append(parts), ...);
  return html;
}

struct Attribute {
  Markup name;
  std::string value;  // Text, which is escaped.
};

// `content` between an opening tag with these words, `td class="number"`, and its closing tag; the attributes are those whose values are
// computed, as in SVG.
Html ElementWith(Markup tag, std::initializer_list<Attribute> attributes, const Html& content = {});

template <typename... Parts>
Html Element(Markup tag, const Parts&... parts) {
  return ElementWith(tag, {}, Concat(parts...));
}

// A name or an expression from a file: may be broken behind "." and "/", is kept apart from its neighbours' direction of writing, and is
// abridged to 240 bytes.
Html Name(absl::string_view name);

// A text of more than `limit` bytes loses its middle, and says how many bytes were left out. Cuts between the characters of UTF-8.
std::string Abridge(absl::string_view text, size_t limit);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_HTML_H_
