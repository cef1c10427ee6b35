#ifndef WEIGHBRIDGE_VERIFY_AUDIT_CONTRADICTIONS_H_
#define WEIGHBRIDGE_VERIFY_AUDIT_CONTRADICTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/manifest.pb.h"

namespace weighbridge {

// What cannot all be true of what a manifest says, one sentence each, without looking at any file. None for a manifest that Judge made,
// whatever its verdict. docs/manifest.md lists what is asked, and what no other statement of a manifest can contradict:
//
// - The verdict is what the tensors' verdicts come to, and each tensor's is borne out by what is said of it: finding, digests, statistics.
// - Digests of what the manifest itself holds are right: recipes, content root.
// - Recipes can be parsed, have the names that the manifest gives them, and read the sources that it lists.
// - Sums hold, over lists and over sources.
// - No list is empty that must not be, nothing is listed twice, files are used as their roles say.
// - Every byte of every file of the output is in a tensor or in one range of the container: no gap, no overlap.
//
// Takes time and memory linear in the manifest. Fails as Sha256.
absl::StatusOr<std::vector<std::string>> Contradictions(const Manifest& manifest);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_AUDIT_CONTRADICTIONS_H_
