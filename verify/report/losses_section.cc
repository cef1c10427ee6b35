#include <cstdint>

#include "proto/manifest.pb.h"
#include "verify/report/html.h"
#include "verify/report/name_groups.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"

namespace weighbridge::report {
namespace {

// More rows would hide the first ones; the manifest has them.
constexpr size_t kShownComponents = 60;
constexpr int64_t kShownTensors = 200;

struct LossRow {
  int64_t tensors = 0;
  CastLosses losses;
};

void Add(const CastLosses& losses, CastLosses* sum) {
  sum->set_changed(SaturatingAdd(sum->changed(), losses.changed()));
  sum->set_saturated(SaturatingAdd(sum->saturated(), losses.saturated()));
  sum->set_flushed_to_zero(SaturatingAdd(sum->flushed_to_zero(), losses.flushed_to_zero()));
}

Html LossCells(const CastLosses& losses) {
  return Concat(NumberCell(losses.changed()), NumberCell(losses.saturated()), NumberCell(losses.flushed_to_zero()));
}

Html ByComponent(const Manifest& manifest) {
  Groups<LossRow> components;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (!tensor.has_losses()) continue;
    LossRow& row = OfComponent(tensor.name(), kShownComponents, components);
    ++row.tensors;
    Add(tensor.losses(), &row.losses);
  }
  Html rows;
  for (const auto& [name, row] : components) rows.Append(Element("tr", Cell(Name(name)), NumberCell(row.tensors), LossCells(row.losses)));
  return Table({{"Component"},
                {"Tensors", Column::kNumber},
                {"Values changed", Column::kNumber},
                {"to infinity", Column::kNumber},
                {"to zero", Column::kNumber}},
               rows);
}

// Rounding is what a cast is for; saturation and flushing to zero deserve a look.
Html Severe(const Manifest& manifest) {
  Html rows;
  int64_t count = 0;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (tensor.losses().saturated() == 0 && tensor.losses().flushed_to_zero() == 0) continue;
    if (++count > kShownTensors) continue;
    rows.Append(Element("tr", Cell(Name(tensor.name())), LossCells(tensor.losses())));
  }
  rows.Append(MoreRow(count - kShownTensors, "tensor", 4));
  if (rows.empty()) return Element("p", "No value became infinite or zero.");
  return Details(
      Concat("Tensors with values that became infinite or zero (", Count(count), ")"),
      Table({{"Name"}, {"Values changed", Column::kNumber}, {"to infinity", Column::kNumber}, {"to zero", Column::kNumber}}, rows));
}

}  // namespace

Html LossesSection(const Manifest& manifest) {
  const Html table = ByComponent(manifest);
  const Html content = table.empty() ? Element("p", "No cast changed a value.") : Concat(table, Severe(manifest));
  return Section("losses", "What casts lost", content);
}

}  // namespace weighbridge::report
