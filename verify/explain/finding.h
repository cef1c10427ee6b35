#ifndef WEIGHBRIDGE_VERIFY_EXPLAIN_FINDING_H_
#define WEIGHBRIDGE_VERIFY_EXPLAIN_FINDING_H_

#include <string>

#include "proto/manifest.pb.h"
#include "verify/compare/join_spans.h"
#include "verify/compare/match_tensors.h"
#include "verify/digest/container_ranges.h"

namespace weighbridge {

// What is known about one name. Of a tensor that the merged checkpoint does not have there is only the match.
struct JudgedTensor {
  MatchedTensor match;
  std::string tolerance;  // As text; what `compared.difference` was found with.
  ComparedTensor compared;
  // What happened to a tensor that is not as it should be, where that is certain; otherwise empty.
  std::string explanation;
};

// The tensor's row in the manifest, with its verdict and finding; `places` are those of the merged checkpoint.
OutputTensor ToOutputTensor(const JudgedTensor& tensor, const FilePlaces& places);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_EXPLAIN_FINDING_H_
