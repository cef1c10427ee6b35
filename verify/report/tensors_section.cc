#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/manifest.h"
#include "verify/report/charts.h"
#include "verify/report/html.h"
#include "verify/report/name_groups.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"
#include "verify/report/verdicts.h"

namespace weighbridge::report {
namespace {

// More would make a page that nobody reads; the manifest has them.
constexpr size_t kShownComponents = 60;
constexpr size_t kShownPatterns = 500;
constexpr int64_t kShownExact = 2000;
constexpr int64_t kShownNotFinite = 200;

struct ComponentRow {
  int64_t tensors = 0;
  int64_t bytes = 0;
  int64_t exact = 0;
  int64_t exact_bytes = 0;
  int64_t within = 0;
  int64_t within_bytes = 0;
  absl::btree_set<std::string> dtypes;
};

Groups<ComponentRow> ByComponent(const Manifest& manifest) {
  Groups<ComponentRow> components;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    ComponentRow& row = OfComponent(tensor.name(), kShownComponents, components);
    ++row.tensors;
    const int64_t bytes = ByteSizeOf(tensor);
    row.bytes = SaturatingAdd(row.bytes, bytes);
    if (IsExact(tensor)) {
      ++row.exact;
      row.exact_bytes = SaturatingAdd(row.exact_bytes, bytes);
    } else if (tensor.verdict() == OutputTensor::VERDICT_WITHIN_TOLERANCE) {
      ++row.within;
      row.within_bytes = SaturatingAdd(row.within_bytes, bytes);
    }
    row.dtypes.insert(Abridge(tensor.dtype(), 40));
  }
  return components;
}

Html Components(const Manifest& manifest) {
  const Groups<ComponentRow> components = ByComponent(manifest);
  int64_t largest = 0;
  for (const auto& [name, row] : components) largest = std::max(largest, row.bytes);
  Html rows;
  for (const auto& [name, row] : components) {
    const Html bar =
        Bar({{row.exact_bytes, "right"}, {row.within_bytes, "within"}, {row.bytes - row.exact_bytes - row.within_bytes, "wrong"}}, largest);
    rows.Append(Element("tr", Cell(Name(name)), Cell(absl::StrJoin(row.dtypes, ", ")), NumberCell(row.tensors), NumberCell(row.exact),
                        NumberCell(row.within), NumberCell(row.tensors - row.exact - row.within), NumberCell(row.bytes),
                        Element("td class=\"bar\"", bar)));
  }
  return Table({{"Component"},
                {"Dtype"},
                {"Tensors", Column::kNumber},
                {"exact", Column::kNumber},
                {"within", Column::kNumber},
                {"not", Column::kNumber},
                {"Bytes", Column::kNumber},
                {""}},
               rows);
}

struct PatternRow {
  const OutputTensor* example = nullptr;
  int64_t count = 0;
};

// How every output is made: names that differ in numbers only, with one spec and one expression, stand in one row.
Html Patterns(const Manifest& manifest) {
  Groups<PatternRow> patterns;
  int64_t unlisted = 0;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    const std::string spec = SpecText(tensor.dtype(), tensor.shape());
    const std::string key = absl::StrCat(Pattern(tensor.name()), "\n", spec, "\n", Pattern(tensor.expression()));
    PatternRow* row = patterns.Find(key, kShownPatterns);
    if (row == nullptr) {
      ++unlisted;
    } else if (row->count++ == 0) {
      row->example = &tensor;
    }
  }
  Html rows;
  for (const auto& [key, row] : patterns) {
    const OutputTensor& tensor = *row.example;
    rows.Append(Element("tr", Cell(Name(row.count == 1 ? tensor.name() : Pattern(tensor.name()))), NumberCell(row.count),
                        SpecCell(tensor.dtype(), tensor.shape()),
                        Cell(Name(row.count == 1 ? tensor.expression() : Pattern(tensor.expression())))));
  }
  rows.Append(MoreRow(unlisted, "tensor", 4));
  return Details(Concat("How each tensor is made (", CountOf(static_cast<int64_t>(patterns.size()), "pattern"), ")"),
                 Table({{"Name"}, {"Tensors", Column::kNumber}, {"Dtype and shape"}, {"Expression over the sources"}}, rows));
}

std::string Extent(const ValueStatistics& values) {
  return values.has_min() && values.has_max() ? absl::StrCat(Real(values.min()), " … ", Real(values.max())) : "";
}

Html ExactTensors(const Manifest& manifest) {
  Html rows;
  int64_t count = 0;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (!IsExact(tensor) || ++count > kShownExact) continue;
    rows.Append(Element("tr", Cell(Name(tensor.name())), SpecCell(tensor.dtype(), tensor.shape()), NumberCell(Extent(tensor.values())),
                        DigestCell(tensor.content_sha256().substr(0, 8))));
  }
  rows.Append(MoreRow(count - kShownExact, "exact tensor", 4));
  if (rows.empty()) return {};
  return Details(Concat("Every exact tensor (", Count(count), ")"),
                 Table({{"Name"}, {"Dtype and shape"}, {"Least … greatest value", Column::kNumber}, {"SHA-256 begins"}}, rows));
}

Html NotFinite(const Manifest& manifest) {
  Html rows;
  int64_t count = 0;
  int64_t unknown = 0;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    unknown += !tensor.has_values() && tensor.verdict() != OutputTensor::VERDICT_MISSING;
    const ValueStatistics& values = tensor.values();
    if (values.nan() == 0 && values.positive_infinity() == 0 && values.negative_infinity() == 0) continue;
    if (++count > kShownNotFinite) continue;
    rows.Append(Element("tr", Cell(Name(tensor.name())), NumberCell(values.nan()), NumberCell(values.positive_infinity()),
                        NumberCell(values.negative_infinity())));
  }
  if (rows.empty() && unknown > 0) return Element("p", "The manifest does not say what values ", CountOf(unknown, "tensor"), " hold.");
  if (rows.empty()) return Element("p", "Every number in the output is finite.");
  rows.Append(MoreRow(count - kShownNotFinite, "tensor", 4));
  return Concat(Element("h3", "Not finite"),
                Table({{"Name"}, {"NaN", Column::kNumber}, {"+∞", Column::kNumber}, {"−∞", Column::kNumber}}, rows));
}

}  // namespace

Html TensorsSection(const Manifest& manifest) {
  return Section("tensors", "Tensors by component",
                 Concat(Components(manifest), NotFinite(manifest), Patterns(manifest), ExactTensors(manifest)));
}

}  // namespace weighbridge::report
