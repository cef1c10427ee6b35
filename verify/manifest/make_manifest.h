#ifndef WEIGHBRIDGE_VERIFY_MANIFEST_MAKE_MANIFEST_H_
#define WEIGHBRIDGE_VERIFY_MANIFEST_MAKE_MANIFEST_H_

#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "proto/manifest.pb.h"
#include "verify/digest/container_ranges.h"
#include "verify/explain/finding.h"

namespace weighbridge {

struct DigestedRange {
  FileRange range;
  std::string xxh3;
};

// Everything that was found.
struct Judgement {
  std::string tolerance;  // The one that was asked for.
  // Of the files of each source of the plan, in the plan's order, and then of the merged checkpoint.
  std::vector<std::vector<std::string>> sha256;
  // What lies between the tensors of each file of the merged checkpoint.
  std::vector<std::vector<DigestedRange>> container;
  // One for each dropped tensor of the plan.
  std::vector<std::string> dropped_xxh3;
  // One for each tensor of the plan or of the merged checkpoint, in the manifest's order. Their memory is freed one by one while they are
  // written down.
  std::deque<JudgedTensor> tensors;
};

// Writes down what was judged. Of files that were not digested nothing is written. Fails as Sha256.
absl::StatusOr<Manifest> MakeManifest(const Plan& plan, const Checkpoint& merged, Judgement judgement);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MANIFEST_MAKE_MANIFEST_H_
