#ifndef WEIGHBRIDGE_VERIFY_REPORT_PAGE_PARTS_H_
#define WEIGHBRIDGE_VERIFY_REPORT_PAGE_PARTS_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "verify/report/html.h"

namespace weighbridge::report {

// What the sections are built of.

Html Section(absl::string_view id, absl::string_view title, const Html& content);

// Folded on a screen, open on paper.
Html Details(const Html& summary, const Html& content);

struct Column {
  absl::string_view title;
  enum Kind { kText, kNumber } kind = kText;  // Numbers stand at the right.
};

// `rows` are "tr" elements. Nothing where there are none.
Html Table(std::initializer_list<Column> columns, const Html& rows);

template <typename... Parts>
Html Cell(const Parts&... parts) {
  return Element("td", parts...);
}

// A pair of a "dl" element; each is Html or text.
template <typename Title, typename Value>
Html Fact(const Title& title, const Value& value) {
  return Element("div", Element("dt", title), Element("dd", value));
}

// "float16 [4096, 4096]"; abridged to 120 bytes.
std::string SpecText(const std::string& dtype, absl::Span<const int64_t> shape);
Html SpecCell(const std::string& dtype, absl::Span<const int64_t> shape);

Html NumberCell(absl::string_view number);
// A count; zeros stand back.
Html NumberCell(int64_t count);

// In hexadecimal digits; abridged when it has more than 32 bytes, "not recorded" when it has none.
Html DigestCell(absl::string_view digest);

// A row with these cells; `below` stands under it, as wide as the table's columns, unless it is empty.
Html RowWithNote(const Html& cells, const Html& below, int columns);

// The row below the shown ones of a table with so many columns: "and 12 more exact tensors, which the manifest lists". Nothing for 0.
Html MoreRow(int64_t more, absl::string_view noun, int columns);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_PAGE_PARTS_H_
