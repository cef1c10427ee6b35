#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/manifest.pb.h"
#include "verify/report/html.h"
#include "verify/report/name_groups.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"
#include "verify/report/tensor_text.h"

namespace weighbridge::report {
namespace {

constexpr size_t kShownReasons = 100;
constexpr size_t kShownPatterns = 500;
constexpr size_t kLongestReason = 600;

struct DropRow {
  const DroppedSourceTensor* example = nullptr;
  int64_t tensors = 0;
  int64_t bytes = 0;
};

void Add(const DroppedSourceTensor& tensor, DropRow* row) {
  if (row->tensors++ == 0) row->example = &tensor;
  row->bytes = SaturatingAdd(row->bytes, TensorBytes(tensor.dtype(), tensor.shape()));
}

Html Reasons(const Manifest& manifest) {
  Groups<DropRow> reasons;
  int64_t unlisted = 0;
  for (const DroppedSourceTensor& tensor : manifest.dropped()) {
    const std::string key = absl::StrCat(tensor.source(), "\n", tensor.reason());
    if (reasons.size() >= kShownReasons && !reasons.contains(key)) {
      ++unlisted;
      continue;
    }
    Add(tensor, &reasons[key]);
  }
  Html rows;
  for (const auto& [key, row] : reasons) {
    rows.Append(Element("tr", Cell(Name(row.example->source())), Cell(Abridge(row.example->reason(), kLongestReason)),
                        NumberCell(row.tensors), NumberCell(row.bytes)));
  }
  rows.Append(MoreRow(unlisted, "tensor", 4));
  return Table({{"Source"}, {"Reason"}, {"Tensors", Column::kNumber}, {"Bytes", Column::kNumber}}, rows);
}

Html Patterns(const Manifest& manifest) {
  Groups<DropRow> patterns;
  int64_t unlisted = 0;
  for (const DroppedSourceTensor& tensor : manifest.dropped()) {
    const std::string key = absl::StrCat(tensor.source(), "\n", Pattern(tensor.name()), "\n", SpecText(tensor.dtype(), tensor.shape()));
    if (patterns.size() >= kShownPatterns && !patterns.contains(key)) {
      ++unlisted;
      continue;
    }
    Add(tensor, &patterns[key]);
  }
  Html rows;
  for (const auto& [key, row] : patterns) {
    const DroppedSourceTensor& tensor = *row.example;
    rows.Append(Element("tr", Cell(Name(tensor.source())), Cell(Name(row.tensors == 1 ? tensor.name() : Pattern(tensor.name()))),
                        SpecCell(tensor.dtype(), tensor.shape()), NumberCell(row.tensors), NumberCell(row.bytes)));
  }
  rows.Append(MoreRow(unlisted, "tensor", 5));
  return Details(Concat("Which tensors (", CountOf(static_cast<int64_t>(patterns.size()), "pattern"), ")"),
                 Table({{"Source"}, {"Name"}, {"Dtype and shape"}, {"Tensors", Column::kNumber}, {"Bytes", Column::kNumber}}, rows));
}

}  // namespace

Html DropsSection(const Manifest& manifest) {
  const Html content =
      manifest.dropped().empty() ? Element("p", "Every source tensor reached the output.") : Concat(Reasons(manifest), Patterns(manifest));
  return Section("drops", "Dropped, by reason", content);
}

}  // namespace weighbridge::report
