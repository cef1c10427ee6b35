#include "verify/explain/finding.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "expr/expr.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/compare/difference.h"
#include "verify/compare/match_tensors.h"
#include "verify/digest/container_ranges.h"
#include "verify/explain/describe_statistics.h"
#include "verify/explain/element_text.h"

namespace weighbridge {
namespace {

const TensorSpec& ActualSpec(const MatchedTensor& match) {
  return match.actual->tensor.spec();
}
const TensorSpec& PlannedSpec(const MatchedTensor& match) {
  return match.planned->expr->spec();
}

std::string DifferenceSentence(const JudgedTensor& tensor) {
  const TensorSpec& spec = ActualSpec(tensor.match);
  const Difference& difference = *tensor.compared.difference;
  const int64_t elements = tensor.match.actual->tensor.element_count();
  return absl::StrCat("element ", ShapeToString(IndexOf(spec.shape, difference.first.position)), " is ",
                      ElementToText(spec.dtype, difference.first.actual), " and should be ",
                      ElementToText(spec.dtype, difference.first.expected), "; ", difference.elements, " of ", elements,
                      elements == 1 ? " element" : " elements", difference.elements == 1 ? " differs" : " differ");
}

// What the tolerance says of the difference, beyond that bits differ.
std::string ToleranceClause(const JudgedTensor& tensor) {
  const Difference& difference = *tensor.compared.difference;
  if (tensor.tolerance == "exact") return "";
  const std::string extent = absl::StrCat("the greatest error is ", difference.max_absolute, ", relative ", difference.max_relative);
  if (difference.beyond_tolerance == 0) return absl::StrCat(", within the tolerance ", tensor.tolerance, "; ", extent);
  return absl::StrCat(", ", difference.beyond_tolerance, " beyond the tolerance ", tensor.tolerance, "; ", extent);
}

using VerdictAndFinding = std::pair<OutputTensor::Verdict, std::string>;

// The verdict on a tensor that both have, wherever it stands.
VerdictAndFinding JudgeContent(const JudgedTensor& tensor) {
  const TensorSpec& actual = ActualSpec(tensor.match);
  const TensorSpec& planned = PlannedSpec(tensor.match);
  if (actual != planned) {
    return {actual.dtype != planned.dtype ? OutputTensor::VERDICT_WRONG_DTYPE : OutputTensor::VERDICT_WRONG_SHAPE,
            absl::StrCat("is ", ToString(actual), " and should be ", ToString(planned))};
  }
  if (tensor.compared.difference != nullptr) {
    return {tensor.compared.difference->beyond_tolerance > 0 ? OutputTensor::VERDICT_DIFFERS : OutputTensor::VERDICT_WITHIN_TOLERANCE,
            DifferenceSentence(tensor) + ToleranceClause(tensor)};
  }
  return {OutputTensor::VERDICT_EXACT, ""};
}

VerdictAndFinding JudgeTensor(const JudgedTensor& tensor) {
  const MatchedTensor& match = tensor.match;
  if (match.actual == nullptr) {
    return {OutputTensor::VERDICT_MISSING, absl::StrCat("is missing; it should be tensor ", match.planned_position, ", counted from 0")};
  }
  if (match.planned == nullptr) return {OutputTensor::VERDICT_UNEXPECTED, "is not among the tensors that the recipe makes"};
  auto [verdict, finding] = JudgeContent(tensor);
  if (match.out_of_order) {
    if (verdict == OutputTensor::VERDICT_EXACT || verdict == OutputTensor::VERDICT_WITHIN_TOLERANCE) {
      verdict = OutputTensor::VERDICT_OUT_OF_ORDER;
    }
    absl::StrAppend(&finding, finding.empty() ? "" : "; ", "is tensor ", match.actual_position, " of the file and should be tensor ",
                    match.planned_position, ", counted from 0");
  }
  return {verdict, finding};
}

// What the merged checkpoint holds, whether it should be there or not.
void DescribeActual(const JudgedTensor& tensor, const FilePlaces& places, OutputTensor& output) {
  const CheckpointTensor& actual = *tensor.match.actual;
  output.set_content_xxh3(tensor.compared.content_xxh3);
  output.set_content_sha256(tensor.compared.content_sha256);
  *output.mutable_values() = DescribeValues(tensor.compared.values);
  if (const std::optional<PlaceInFile> place = places.Find(actual.tensor); place.has_value()) {
    output.set_file(static_cast<int32_t>(place->file));
    output.set_offset(place->offset);
  }
  if (tensor.compared.difference != nullptr)
    *output.mutable_errors() = DescribeErrors(actual.tensor.spec(), tensor.compared.values, *tensor.compared.difference);
  if (tensor.compared.loss.changed > 0) {
    output.mutable_losses()->set_changed(tensor.compared.loss.changed);
    output.mutable_losses()->set_saturated(tensor.compared.loss.saturated);
    output.mutable_losses()->set_flushed_to_zero(tensor.compared.loss.flushed);
  }
}

}  // namespace

OutputTensor ToOutputTensor(const JudgedTensor& tensor, const FilePlaces& places) {
  const MatchedTensor& match = tensor.match;
  const auto [verdict, finding] = JudgeTensor(tensor);
  const TensorSpec& spec = match.actual != nullptr ? ActualSpec(match) : PlannedSpec(match);
  OutputTensor output;
  output.set_name(match.name());
  output.set_dtype(std::string(DTypeName(spec.dtype)));
  for (int64_t extent : spec.shape) output.add_shape(extent);
  if (match.planned != nullptr) output.set_expression(ToString(*match.planned->expr));
  // A field that is set takes memory, empty or not.
  if (match.planned != nullptr && !match.planned->tolerance.empty()) output.set_tolerance(match.planned->tolerance);
  if (match.actual != nullptr) DescribeActual(tensor, places, output);
  output.set_verdict(verdict);
  if (!finding.empty()) output.set_finding(finding);
  if (!tensor.explanation.empty()) absl::StrAppend(output.mutable_finding(), "; ", tensor.explanation);
  return output;
}

}  // namespace weighbridge
