#include "verify/finding.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "formats/tensor_spec.h"
#include "plan/expr.h"
#include "proto/manifest.pb.h"
#include "verify/compare.h"
#include "verify/element_text.h"
#include "verify/match_tensors.h"

namespace weighbridge {
namespace {

const TensorSpec& FoundSpec(const MatchedTensor& match) {
  return match.found->tensor.spec();
}
const TensorSpec& PlannedSpec(const MatchedTensor& match) {
  return match.planned->expr->spec();
}

std::string IndexToText(const Shape& shape, int64_t element) {
  Shape index(shape.size());
  for (size_t k = shape.size(); k-- > 0;) {
    index[k] = element % shape[k];
    element /= shape[k];
  }
  return ShapeToString(index);
}

std::string DifferenceSentence(const TensorSpec& spec, const Difference& difference, int64_t elements) {
  return absl::StrCat("element ", IndexToText(spec.shape, difference.first), " is ", ElementToText(spec.dtype, difference.actual),
                      " and should be ", ElementToText(spec.dtype, difference.expected), "; ", difference.count, " of ", elements,
                      elements == 1 ? " element" : " elements", difference.count == 1 ? " differs" : " differ");
}

using VerdictAndFinding = std::pair<OutputTensor::Verdict, std::string>;

// The verdict on a tensor that is planned and found, wherever it stands.
VerdictAndFinding JudgeContent(const JudgedTensor& tensor) {
  const TensorSpec& found = FoundSpec(tensor.match);
  const TensorSpec& planned = PlannedSpec(tensor.match);
  if (found != planned) {
    return {found.dtype != planned.dtype ? OutputTensor::VERDICT_WRONG_DTYPE : OutputTensor::VERDICT_WRONG_SHAPE,
            absl::StrCat("is ", ToString(found), " and should be ", ToString(planned))};
  }
  if (tensor.difference.count > 0) {
    return {OutputTensor::VERDICT_DIFFERS, DifferenceSentence(found, tensor.difference, tensor.match.found->tensor.element_count())};
  }
  return {OutputTensor::VERDICT_EXACT, ""};
}

VerdictAndFinding JudgeTensor(const JudgedTensor& tensor) {
  const MatchedTensor& match = tensor.match;
  if (match.found == nullptr) {
    return {OutputTensor::VERDICT_MISSING, absl::StrCat("is missing; it should be tensor ", match.planned_position, ", counted from 0")};
  }
  if (match.planned == nullptr) return {OutputTensor::VERDICT_UNEXPECTED, "is not among the tensors that the recipe makes"};
  auto [verdict, finding] = JudgeContent(tensor);
  if (match.out_of_order) {
    if (verdict == OutputTensor::VERDICT_EXACT) verdict = OutputTensor::VERDICT_OUT_OF_ORDER;
    absl::StrAppend(&finding, finding.empty() ? "" : "; ", "is tensor ", match.found_position, " of the file and should be tensor ",
                    match.planned_position, ", counted from 0");
  }
  return {verdict, finding};
}

ExprPtr TransposeOf(const ExprPtr& expr) {
  absl::StatusOr<ExprPtr> transpose = Permute(expr, {1, 0});
  return transpose.ok() ? *transpose : nullptr;
}

// Whether the file's tensor, which is not as it should be, has the spec of the transpose of what should be there.
bool MayBeTransposed(const JudgedTensor& tensor) {
  const MatchedTensor& match = tensor.match;
  if (match.planned == nullptr || match.found == nullptr) return false;
  const TensorSpec& planned = PlannedSpec(match);
  if (planned.shape.size() != 2) return false;
  const TensorSpec transposed{planned.dtype, {planned.shape[1], planned.shape[0]}};
  return FoundSpec(match) == transposed && (planned.shape[0] != planned.shape[1] || tensor.difference.count > 0);
}

}  // namespace

bool IsComparable(const MatchedTensor& match) {
  return match.planned != nullptr && match.found != nullptr && FoundSpec(match) == PlannedSpec(match);
}

OutputTensor ToOutputTensor(const JudgedTensor& tensor) {
  const MatchedTensor& match = tensor.match;
  const auto [verdict, finding] = JudgeTensor(tensor);
  const TensorSpec& spec = match.found != nullptr ? FoundSpec(match) : PlannedSpec(match);
  OutputTensor output;
  output.set_name(match.found != nullptr ? match.found->name : match.planned->name);
  output.set_dtype(std::string(DTypeName(spec.dtype)));
  for (int64_t extent : spec.shape) output.add_shape(extent);
  if (match.planned != nullptr) output.set_expression(ToString(*match.planned->expr));
  output.set_content_xxh3(tensor.content_xxh3);
  output.set_verdict(verdict);
  output.set_finding(finding);
  if (!tensor.explanation.empty()) absl::StrAppend(output.mutable_finding(), "; ", tensor.explanation);
  return output;
}

std::vector<Suspicion> Suspicions(absl::Span<const JudgedTensor> tensors) {
  std::vector<const PlannedTensor*> missing;
  for (const JudgedTensor& tensor : tensors) {
    if (tensor.match.found == nullptr) missing.push_back(tensor.match.planned);
  }
  std::vector<Suspicion> suspicions;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const MatchedTensor& match = tensors[i].match;
    if (MayBeTransposed(tensors[i])) {
      if (ExprPtr transpose = TransposeOf(match.planned->expr); transpose != nullptr) {
        suspicions.push_back({i, std::move(transpose), "it is the transpose of what it should be"});
      }
    }
    if (match.planned != nullptr) continue;
    for (const PlannedTensor*& candidate : missing) {
      if (candidate == nullptr || candidate->expr->spec() != FoundSpec(match)) continue;
      suspicions.push_back({i, candidate->expr, absl::StrCat("it has every bit of the missing \"", candidate->name, "\"")});
      candidate = nullptr;
      break;
    }
  }
  return suspicions;
}

}  // namespace weighbridge
