#include "verify/report/verdicts.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/manifest.h"
#include "verify/report/html.h"

namespace weighbridge::report {
namespace {

struct Look {
  std::string colour;  // A class of style.cc: "right", "within" or "wrong".
  std::string mark;
  std::string word;
};

Look LookOf(OutputTensor::Verdict verdict) {
  const std::string word = VerdictName(verdict);
  switch (verdict) {
    case OutputTensor::VERDICT_EXACT:
      return {"right", "=", word};
    case OutputTensor::VERDICT_WITHIN_TOLERANCE:
      return {"within", "≈", word};
    case OutputTensor::VERDICT_DIFFERS:
    case OutputTensor::VERDICT_WRONG_DTYPE:
    case OutputTensor::VERDICT_WRONG_SHAPE:
      return {"wrong", "≠", word};
    case OutputTensor::VERDICT_MISSING:
      return {"wrong", "−", word};
    case OutputTensor::VERDICT_UNEXPECTED:
      return {"wrong", "+", word};
    case OutputTensor::VERDICT_OUT_OF_ORDER:
      return {"wrong", "↕", word};
    default:  // A manifest of a later version.
      return {"wrong", "?", "no verdict that this report knows"};
  }
}

Look LookOf(Manifest::Verdict verdict) {
  switch (verdict) {
    case Manifest::VERDICT_EXACT:
      return {"right", "=", "Exact"};
    case Manifest::VERDICT_WITHIN_TOLERANCE:
      return {"within", "≈", "Within tolerance"};
    case Manifest::VERDICT_DIFFERS:
      return {"wrong", "≠", "NO: differs"};
    default:
      return {"wrong", "?", "NO verdict"};
  }
}

Html Draw(const Look& look) {
  return ElementWith("span", {{"class", absl::StrCat("verdict ", look.colour)}}, Concat(Element("b", look.mark), " ", look.word));
}

}  // namespace

Html VerdictWord(OutputTensor::Verdict verdict) {
  return Draw(LookOf(verdict));
}

Html VerdictTitle(Manifest::Verdict verdict) {
  return Draw(LookOf(verdict));
}

Html TitleOfANo() {
  return Draw({"wrong", "≠", "NO"});
}

std::vector<std::pair<OutputTensor::Verdict, int64_t>> CountVerdicts(const Manifest& manifest) {
  std::map<OutputTensor::Verdict, int64_t> counts;
  for (const OutputTensor& tensor : manifest.output().tensors()) ++counts[tensor.verdict()];
  std::vector<std::pair<OutputTensor::Verdict, int64_t>> ordered;
  for (const auto verdict : {OutputTensor::VERDICT_EXACT, OutputTensor::VERDICT_WITHIN_TOLERANCE}) {
    if (const auto place = counts.find(verdict); place != counts.end()) {
      ordered.emplace_back(*place);
      counts.erase(place);
    }
  }
  ordered.insert(ordered.end(), counts.begin(), counts.end());
  return ordered;
}

bool IsExact(const OutputTensor& tensor) {
  return tensor.verdict() == OutputTensor::VERDICT_EXACT;
}

}  // namespace weighbridge::report
