#ifndef WEIGHBRIDGE_PLAN_COMPILE_TOKEN_ROWS_H_
#define WEIGHBRIDGE_PLAN_COMPILE_TOKEN_ROWS_H_

#include "absl/status/statusor.h"
#include "plan/compile_options.h"
#include "plan/expr.h"
#include "plan/source_view.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// The step add_token_rows: fits the rows of a matrix of `source` to its tokenizer's vocabulary with the new token, as PadRows says.
// FailedPrecondition also for any other rank; InvalidArgument for more rows than fit. Otherwise fails as ReadTokenizer.
absl::StatusOr<ExprPtr> AddTokenRows(const Recipe::AddTokenRows& step, ExprPtr expr, const SourceView& source, const PadRows& pad_rows);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_PLAN_COMPILE_TOKEN_ROWS_H_
