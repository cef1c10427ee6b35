#include "verify/report/page_parts.h"

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/tensor_spec.h"
#include "verify/report/html.h"
#include "verify/report/numbers.h"

namespace weighbridge::report {

Html Section(absl::string_view id, absl::string_view title, const Html& content) {
  return ElementWith("section", {{"id", std::string(id)}}, Concat(Element("h2", title), content));
}

Html Details(const Html& summary, const Html& content) {
  return Element("details", Element("summary", summary), content);
}

Html Table(std::initializer_list<Column> columns, const Html& rows) {
  if (rows.empty()) return {};
  Html head;
  for (const Column& column : columns) {
    head.Append(column.kind == Column::kNumber ? Element("th class=\"number\"", column.title) : Element("th", column.title));
  }
  return Element("table", Element("thead", Element("tr", head)), Element("tbody", rows));
}

std::string SpecText(const std::string& dtype, absl::Span<const int64_t> shape) {
  return Abridge(absl::StrCat(dtype, " ", ShapeToString(shape)), 120);
}

Html SpecCell(const std::string& dtype, absl::Span<const int64_t> shape) {
  return Element("td class=\"spec\"", SpecText(dtype, shape));
}

Html NumberCell(absl::string_view number) {
  return Element("td class=\"number\"", number);
}

Html NumberCell(int64_t count) {
  return count == 0 ? Element("td class=\"number none\"", "0") : NumberCell(Count(count));
}

Html DigestCell(absl::string_view digest) {
  return Cell(Element("span class=\"digest\"", digest.empty() ? "not recorded" : Abridge(absl::BytesToHexString(digest), 64)));
}

Html RowWithNote(const Html& cells, const Html& below, int columns) {
  if (below.empty()) return Element("tr", cells);
  return Concat(Element("tr class=\"lead\"", cells),
                Element("tr class=\"below\"", ElementWith("td", {{"colspan", absl::StrCat(columns)}, {"class", "note"}}, below)));
}

Html MoreRow(int64_t more, absl::string_view noun, int columns) {
  if (more <= 0) return {};
  const std::string text = absl::StrCat("and ", Count(more), " more ", noun, more == 1 ? "" : "s", ", which the manifest lists");
  return Element("tr", ElementWith("td", {{"colspan", absl::StrCat(columns)}, {"class", "more"}}, Concat(text)));
}

}  // namespace weighbridge::report
