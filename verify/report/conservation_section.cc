#include <algorithm>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/manifest.pb.h"
#include "verify/report/charts.h"
#include "verify/report/html.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"

namespace weighbridge::report {
namespace {

Html BarRow(const Html& label, absl::Span<const Segment> segments, int64_t whole) {
  return Element("tr", Element("th", label), Cell(Bar(segments, whole)));
}

Html Bars(const Accounting& accounting) {
  const int64_t whole = std::max(accounting.source_bytes(), accounting.output_bytes());
  Html rows;
  for (const SourceAccounting& source : accounting.sources()) {
    rows.Append(BarRow(Name(source.id()), {{source.bytes_used(), "used"}, {source.bytes_dropped(), "dropped"}}, whole));
  }
  rows.Append(
      BarRow(Concat("All sources"), {{accounting.source_bytes_used(), "used"}, {accounting.source_bytes_dropped(), "dropped"}}, whole));
  rows.Append(BarRow(Concat("Output"), {{accounting.output_bytes(), "written"}}, whole));
  const Html legend = Element("figcaption", Element("span class=\"key used\""), "used ", Element("span class=\"key dropped\""), "dropped ",
                              Element("span class=\"key written\""), "written; one scale for all");
  return Element("figure", Element("table class=\"bars\"", Element("tbody", rows)), legend);
}

Html NumberRow(const Html& label, const SourceAccounting& numbers) {
  return Element("tr", Cell(label), NumberCell(numbers.tensors()), NumberCell(numbers.tensors_used()),
                 NumberCell(numbers.tensors_dropped()), NumberCell(numbers.bytes()), NumberCell(numbers.bytes_used()),
                 NumberCell(numbers.bytes_dropped()));
}

SourceAccounting Total(const Manifest& manifest) {
  const Accounting& accounting = manifest.accounting();
  SourceAccounting total;
  total.set_tensors(accounting.source_tensors());
  total.set_tensors_used(accounting.source_tensors_used());
  total.set_tensors_dropped(manifest.dropped_size());
  total.set_bytes(accounting.source_bytes());
  total.set_bytes_used(accounting.source_bytes_used());
  total.set_bytes_dropped(accounting.source_bytes_dropped());
  return total;
}

Html Numbers(const Manifest& manifest) {
  Html rows;
  for (const SourceAccounting& source : manifest.accounting().sources()) rows.Append(NumberRow(Name(source.id()), source));
  rows.Append(NumberRow(Concat("All sources"), Total(manifest)));
  return Table({{"Source"},
                {"Tensors", Column::kNumber},
                {"used", Column::kNumber},
                {"dropped", Column::kNumber},
                {"Bytes", Column::kNumber},
                {"used", Column::kNumber},
                {"dropped", Column::kNumber}},
               rows);
}

}  // namespace

Html ConservationSection(const Manifest& manifest) {
  const Accounting& accounting = manifest.accounting();
  const Html sentence = Element(
      "p", "What came in is used or dropped: ", Count(accounting.source_bytes()), " bytes = ", Count(accounting.source_bytes_used()),
      " used + ", Count(accounting.source_bytes_dropped()), " dropped. Out went ", Count(accounting.output_bytes()), " bytes in ",
      CountOf(accounting.output_tensors(), "tensor"), ". A source tensor counts once and as a whole, whatever part of it is used.");
  return Section("conservation", "Conservation", Concat(sentence, Bars(accounting), Numbers(manifest)));
}

}  // namespace weighbridge::report
