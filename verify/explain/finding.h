#ifndef WEIGHBRIDGE_VERIFY_EXPLAIN_FINDING_H_
#define WEIGHBRIDGE_VERIFY_EXPLAIN_FINDING_H_

#include <memory>
#include <string>

#include "proto/manifest.pb.h"
#include "verify/compare/difference.h"
#include "verify/compare/match_tensors.h"
#include "verify/compare/value_statistics.h"
#include "verify/digest/container_ranges.h"
#include "verify/reference/arithmetic.h"

namespace weighbridge {

// What was found about one name. Of a tensor that is not in the file there is only the match.
struct JudgedTensor {
  MatchedTensor match;
  std::string tolerance;                         // As text; what `difference` says of it.
  std::unique_ptr<const Difference> difference;  // Null where no bits differ, or nothing was compared.
  CastLoss loss;
  ValueSums values;
  std::string content_xxh3;
  std::string content_sha256;
  // What happened to a tensor that is not as it should be, where that is certain; otherwise empty.
  std::string explanation;
};

// Whether there are elements to compare: the tensor is planned and found, and both specs are the same.
bool IsComparable(const MatchedTensor& match);

// The tensor's row in the manifest, with its verdict and finding; `places` are those of the checkpoint where it was found.
OutputTensor ToOutputTensor(const JudgedTensor& tensor, const FilePlaces& places);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_EXPLAIN_FINDING_H_
