#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/manifest.pb.h"
#include "verify/report/charts.h"
#include "verify/report/html.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/sections.h"
#include "verify/report/verdicts.h"
#include "verify/report/worst_tensors.h"

namespace weighbridge::report {
namespace {

constexpr size_t kShownWorst = 12;
constexpr size_t kLongestFinding = 600;

struct Totals {
  int64_t tensors = 0;
  int64_t elements = 0;
  int64_t differing = 0;
  int64_t beyond_tolerance = 0;
  std::vector<int64_t> ulp_histogram;
};

Totals Sum(const Manifest& manifest) {
  Totals totals;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (!tensor.has_errors()) continue;
    const ErrorStatistics& errors = tensor.errors();
    ++totals.tensors;
    totals.elements = SaturatingAdd(totals.elements, errors.elements());
    totals.differing = SaturatingAdd(totals.differing, errors.differing());
    totals.beyond_tolerance = SaturatingAdd(totals.beyond_tolerance, errors.beyond_tolerance());
    const auto buckets = static_cast<size_t>(errors.ulp_histogram_size());
    if (totals.ulp_histogram.size() < buckets) totals.ulp_histogram.resize(buckets);
    for (size_t i = 0; i < buckets; ++i) {
      totals.ulp_histogram[i] = SaturatingAdd(totals.ulp_histogram[i], errors.ulp_histogram(static_cast<int>(i)));
    }
  }
  return totals;
}

Html Together(const Manifest& manifest) {
  const Totals totals = Sum(manifest);
  if (totals.tensors == 0) return {};
  const Html sentence =
      Element("p", Count(totals.differing), " of ", CountOf(totals.elements, "element"), " in ", CountOf(totals.tensors, "tensor"),
              " have other bits than they should (", Share(totals.differing, totals.elements), "); ", Count(totals.beyond_tolerance),
              " of them are outside the tolerance.");
  const Html caption = Element("figcaption",
                               "How many numbers are so many representable values apart, at most. Logarithmic in height; "
                               "NaN on either side is left out.");
  return Concat(sentence, Element("figure", UlpChart(totals.ulp_histogram), caption));
}

Html Worst(const Manifest& manifest) {
  Html cards;
  const std::vector<const OutputTensor*> worst = WorstTensors(manifest, kShownWorst);
  for (const OutputTensor* tensor : worst) cards.Append(WorstTensorCard(*tensor));
  if (cards.empty()) return {};
  return Concat(Element("h3", "Worst tensors"),
                Element("p class=\"note\"", "At most ", Count(static_cast<int64_t>(kShownWorst)),
                        ", by the greatest error beside the greatest magnitude in the tensor. An error is "
                        "the value in the file minus the expected one; statistics are over numbers that are finite on both sides."),
                cards);
}

Html Row(const OutputTensor& tensor) {
  const ErrorStatistics& errors = tensor.errors();
  Html numbers;
  if (tensor.has_errors()) {
    numbers = Concat(NumberCell(errors.differing()), NumberCell(Real(errors.max_absolute())), Cell(UlpSparkline(errors.ulp_histogram())));
  } else {
    numbers = Concat(NumberCell(""), NumberCell(""), Cell());
  }
  const Html cells = Concat(Cell(Name(tensor.name())), Element("td class=\"short\"", VerdictWord(tensor.verdict())),
                            SpecCell(tensor.dtype(), tensor.shape()), numbers);
  return RowWithNote(cells, Concat(Abridge(tensor.finding(), kLongestFinding)), 6);
}

Html NotExact(const Manifest& manifest) {
  Html rows;
  int64_t count = 0;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (IsExact(tensor)) continue;
    ++count;
    rows.Append(Row(tensor));
  }
  const Html table = Table(
      {{"Name"}, {"Verdict"}, {"Dtype and shape"}, {"Differing", Column::kNumber}, {"Greatest error", Column::kNumber}, {"Distances"}},
      rows);
  // A few are shown at once.
  if (count <= 20) return Concat(Element("h3", "Every tensor that is not exact"), table);
  return Details(Concat("Every tensor that is not exact (", Count(count), ")"), table);
}

}  // namespace

Html DifferencesSection(const Manifest& manifest) {
  bool all_exact = true;
  for (const OutputTensor& tensor : manifest.output().tensors()) all_exact = all_exact && IsExact(tensor);
  if (all_exact) return {};
  return Section("differences", "What is not exact", Concat(Together(manifest), Worst(manifest), NotExact(manifest)));
}

}  // namespace weighbridge::report
