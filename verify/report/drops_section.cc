#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/manifest.h"
#include "verify/report/html.h"
#include "verify/report/name_groups.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"

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

struct DropGroups {
  Groups<DropRow> rows;
  int64_t unlisted = 0;  // Tensors beyond the most groups.
};

DropGroups GroupBy(absl::FunctionRef<std::string(const DroppedSourceTensor&)> key_of, size_t most, const Manifest& manifest) {
  DropGroups groups;
  for (const DroppedSourceTensor& tensor : manifest.dropped()) {
    DropRow* row = groups.rows.Find(absl::StrCat(tensor.source(), "\n", key_of(tensor)), most);
    if (row == nullptr) {
      ++groups.unlisted;
      continue;
    }
    if (row->tensors++ == 0) row->example = &tensor;
    row->bytes = SaturatingAdd(row->bytes, ByteSizeOf(tensor));
  }
  return groups;
}

Html Reasons(const Manifest& manifest) {
  const DropGroups reasons = GroupBy([](const DroppedSourceTensor& tensor) { return tensor.reason(); }, kShownReasons, manifest);
  Html rows;
  for (const auto& [key, row] : reasons.rows) {
    rows.Append(Element("tr", Cell(Name(row.example->source())), Cell(Abridge(row.example->reason(), kLongestReason)),
                        NumberCell(row.tensors), NumberCell(row.bytes)));
  }
  rows.Append(MoreRow(reasons.unlisted, "tensor", 4));
  return Table({{"Source"}, {"Reason"}, {"Tensors", Column::kNumber}, {"Bytes", Column::kNumber}}, rows);
}

Html Patterns(const Manifest& manifest) {
  const auto by = [](const DroppedSourceTensor& tensor) {
    return absl::StrCat(Pattern(tensor.name()), "\n", SpecText(tensor.dtype(), tensor.shape()));
  };
  const DropGroups patterns = GroupBy(by, kShownPatterns, manifest);
  Html rows;
  for (const auto& [key, row] : patterns.rows) {
    const DroppedSourceTensor& tensor = *row.example;
    rows.Append(Element("tr", Cell(Name(tensor.source())), Cell(Name(row.tensors == 1 ? tensor.name() : Pattern(tensor.name()))),
                        SpecCell(tensor.dtype(), tensor.shape()), NumberCell(row.tensors), NumberCell(row.bytes)));
  }
  rows.Append(MoreRow(patterns.unlisted, "tensor", 5));
  return Details(Concat("Which tensors (", CountOf(static_cast<int64_t>(patterns.rows.size()), "pattern"), ")"),
                 Table({{"Source"}, {"Name"}, {"Dtype and shape"}, {"Tensors", Column::kNumber}, {"Bytes", Column::kNumber}}, rows));
}

}  // namespace

Html DropsSection(const Manifest& manifest) {
  const Html content =
      manifest.dropped().empty() ? Element("p", "Every source tensor reached the output.") : Concat(Reasons(manifest), Patterns(manifest));
  return Section("drops", "Dropped, by reason", content);
}

}  // namespace weighbridge::report
