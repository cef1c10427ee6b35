#include "verify/report/worst_tensors.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/report/charts.h"
#include "verify/report/html.h"
#include "verify/report/numbers.h"
#include "verify/report/page_parts.h"
#include "verify/report/verdicts.h"

namespace weighbridge::report {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kLongestValue = 60;
constexpr size_t kLongestFinding = 600;

bool IsNotFinite(absl::string_view value) {
  return absl::StrContains(value, "nan") || absl::StrContains(value, "inf");
}

// The greatest absolute error beside the greatest magnitude; never NaN, so that it can be sorted by.
double Score(const OutputTensor& tensor) {
  const ErrorStatistics& errors = tensor.errors();
  if (errors.has_worst() && IsNotFinite(errors.worst().actual()) != IsNotFinite(errors.worst().expected())) return kInfinity;
  const double magnitude = std::max(std::fabs(tensor.values().min()), std::fabs(tensor.values().max()));
  const double score = magnitude > 0 ? errors.max_absolute() / magnitude : errors.max_relative();
  return std::isnan(score) ? kInfinity : score;
}

Html PairText(const ElementPair& pair) {
  return Concat(Abridge(ShapeToString(pair.index()), kLongestValue), " is ",
                Element("code", Abridge(pair.actual(), kLongestValue), " (", Abridge(pair.actual_bits(), kLongestValue), ")"),
                " and should be ",
                Element("code", Abridge(pair.expected(), kLongestValue), " (", Abridge(pair.expected_bits(), kLongestValue), ")"));
}

Html Errors(const ErrorStatistics& errors) {
  Html facts = Fact("Elements", Count(errors.elements()));
  facts.Append(Fact("Differing", Concat(Count(errors.differing()), " (", Share(errors.differing(), errors.elements()), ")")));
  facts.Append(Fact("Outside the tolerance", Count(errors.beyond_tolerance())));
  facts.Append(Fact("Greatest error", Real(errors.max_absolute())));
  facts.Append(Fact("Mean error", Real(errors.mean_absolute())));
  facts.Append(Fact("Mean error, signed", Real(errors.mean_signed())));
  facts.Append(Fact("Greatest relative", Real(errors.max_relative())));
  facts.Append(Fact("Mean relative", Real(errors.mean_relative())));
  if (errors.nan_payloads() != 0) facts.Append(Fact("NaN with other bits", Count(errors.nan_payloads())));
  return Element("dl class=\"errors\"", facts);
}

// Counts of special values that the file and the expectation do not have in common: "NaN 3 (should be 0)".
std::string SpecialValues(const OutputTensor& tensor) {
  const ValueStatistics& file = tensor.values();
  const SpecialCounts& expected = tensor.errors().expected();
  std::string text;
  const auto add = [&](absl::string_view what, int64_t is, int64_t should_be) {
    if (is == should_be) return;
    absl::StrAppend(&text, text.empty() ? "" : ", ", Count(is), " ", what, " (should be ", Count(should_be), ")");
  };
  add("NaN", file.nan(), expected.nan());
  add("+∞", file.positive_infinity(), expected.positive_infinity());
  add("−∞", file.negative_infinity(), expected.negative_infinity());
  add("zero", file.zero(), expected.zero());
  add("subnormal", file.subnormal(), expected.subnormal());
  return text;
}

}  // namespace

std::vector<const OutputTensor*> WorstTensors(const Manifest& manifest, size_t limit) {
  std::vector<std::pair<const OutputTensor*, double>> scored;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (tensor.has_errors()) scored.emplace_back(&tensor, Score(tensor));
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) {
    const bool a_outside = a.first->errors().beyond_tolerance() > 0;
    const bool b_outside = b.first->errors().beyond_tolerance() > 0;
    return a_outside != b_outside ? a_outside : a.second > b.second;
  });
  std::vector<const OutputTensor*> worst;
  for (size_t i = 0; i < std::min(limit, scored.size()); ++i) worst.push_back(scored[i].first);
  return worst;
}

Html WorstTensorCard(const OutputTensor& tensor) {
  const ErrorStatistics& errors = tensor.errors();
  const Html head = Element("h4", Name(tensor.name()), " ", VerdictWord(tensor.verdict()), " ",
                            Element("span class=\"spec\"", SpecText(tensor.dtype(), tensor.shape())));
  Html places;
  if (!tensor.finding().empty()) places.Append(Fact("Finding", Abridge(tensor.finding(), kLongestFinding)));
  if (errors.has_first()) places.Append(Fact("First", PairText(errors.first())));
  if (errors.has_worst()) places.Append(Fact("Worst", PairText(errors.worst())));
  if (const std::string special = SpecialValues(tensor); !special.empty()) places.Append(Fact("Special values", special));
  if (!tensor.tolerance().empty()) places.Append(Fact("Own tolerance", Abridge(tensor.tolerance(), kLongestValue)));
  places.Append(Fact("Made as", Name(tensor.expression())));
  return Element("article", head, UlpSparkline(errors.ulp_histogram()), Errors(errors), Element("dl class=\"places\"", places));
}

}  // namespace weighbridge::report
