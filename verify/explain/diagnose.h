#ifndef WEIGHBRIDGE_VERIFY_EXPLAIN_DIAGNOSE_H_
#define WEIGHBRIDGE_VERIFY_EXPLAIN_DIAGNOSE_H_

#include <atomic>
#include <deque>
#include <memory>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "expr/plan.h"
#include "verify/explain/finding.h"
#include "verify/reference/scratch.h"

namespace weighbridge {

// Tries to explain tensors that are not as they should be, and says so where an explanation holds for every element: transposed; cast
// through another dtype; what another output should be, or a source tensor as it is; a missing tensor under another name; only the first
// part along an axis; rows shifted or in another order. The first that holds is kept in `explanation`. Beyond the first 64 tensors only the
// likeliest guesses are tried, so that judging a file of another model does not take long.
//
// One thread for each scratch memory. Fails as CompareSpan does, with the name of the tensor where that could not be read; Cancelled.
absl::Status Diagnose(const Plan& plan, absl::Span<const std::unique_ptr<Scratch>> scratch, const std::atomic<bool>* stop,
                      std::deque<JudgedTensor>& tensors);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_EXPLAIN_DIAGNOSE_H_
