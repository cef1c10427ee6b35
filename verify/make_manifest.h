#ifndef WEIGHBRIDGE_VERIFY_MAKE_MANIFEST_H_
#define WEIGHBRIDGE_VERIFY_MAKE_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "formats/checkpoint.h"
#include "plan/plan.h"
#include "proto/manifest.pb.h"
#include "verify/finding.h"

namespace weighbridge {

// Writes down what was judged. `sha256` holds the digests of the files of each source of the plan, in the plan's order, and of `merged`
// behind them; `tensors` is one row for each tensor of the plan or of `merged`, in the manifest's order.
Manifest MakeManifest(const Plan& plan, const Checkpoint& merged, absl::Span<const std::vector<std::string>> sha256,
                      absl::Span<const JudgedTensor> tensors);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MAKE_MANIFEST_H_
