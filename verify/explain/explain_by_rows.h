#ifndef WEIGHBRIDGE_VERIFY_EXPLAIN_EXPLAIN_BY_ROWS_H_
#define WEIGHBRIDGE_VERIFY_EXPLAIN_EXPLAIN_BY_ROWS_H_

#include <string>

#include "absl/status/statusor.h"
#include "verify/compare/compare.h"
#include "verify/reference/scratch.h"

namespace weighbridge {

// What happened to a tensor that differs, if it has the right rows at the wrong places, shifted or in another order: a sentence, otherwise
// nothing. Rows are told apart by a digest of 128 bits; tensors whose rows are short or very many are not looked at. Fails as CompareSpan.
absl::StatusOr<std::string> ExplainByRows(const Comparison& comparison, Scratch& scratch);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_EXPLAIN_EXPLAIN_BY_ROWS_H_
