#ifndef WEIGHBRIDGE_VERIFY_REPORT_VERDICTS_H_
#define WEIGHBRIDGE_VERIFY_REPORT_VERDICTS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "proto/manifest.pb.h"
#include "verify/report/html.h"

namespace weighbridge::report {

// How a verdict looks: a mark, a word, and a colour that never stands alone.

// "= exact".
Html VerdictWord(OutputTensor::Verdict verdict);

// The page's title: "= Exact", "≠ NO: differs".
Html VerdictTitle(Manifest::Verdict verdict);

// The page's title where the answer is no whatever the manifest's verdict: "≠ NO".
Html TitleOfANo();

// How many tensors have which verdict; the best verdict first, none that no tensor has.
std::vector<std::pair<OutputTensor::Verdict, int64_t>> CountVerdicts(const Manifest& manifest);

bool IsExact(const OutputTensor& tensor);

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_VERDICTS_H_
