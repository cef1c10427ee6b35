#ifndef WEIGHBRIDGE_VERIFY_FINDING_H_
#define WEIGHBRIDGE_VERIFY_FINDING_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "plan/expr.h"
#include "proto/manifest.pb.h"
#include "verify/compare.h"
#include "verify/match_tensors.h"

namespace weighbridge {

// What was found about one name.
struct JudgedTensor {
  MatchedTensor match;
  Difference difference;
  // The content digest of what the file holds; empty for a missing tensor.
  std::string content_xxh3;
  // What happened to a tensor that is not as it should be, where that is certain; otherwise empty.
  std::string explanation;
};

// Whether there are elements to compare: the tensor is planned and found, and both specs are the same.
bool IsComparable(const MatchedTensor& match);

// The tensor's row in the manifest, with its verdict and finding.
OutputTensor ToOutputTensor(const JudgedTensor& tensor);

// What may have happened to a tensor that is not as it should be. It is worth saying only if every element is as `expected` says.
struct Suspicion {
  size_t tensor = 0;  // Its number in what Suspicions was given.
  ExprPtr expected;
  std::string sentence;
};

// A matrix may have been transposed, and an unexpected tensor may be a missing one (the first that no other is suspected to be) under
// another name. At most one suspicion for each tensor.
std::vector<Suspicion> Suspicions(absl::Span<const JudgedTensor> tensors);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_FINDING_H_
