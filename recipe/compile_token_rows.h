#ifndef WEIGHBRIDGE_RECIPE_COMPILE_TOKEN_ROWS_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_TOKEN_ROWS_H_

#include "absl/status/statusor.h"
#include "expr/expr.h"
#include "proto/recipe.pb.h"
#include "recipe/pad_rows.h"
#include "recipe/source_view.h"

namespace weighbridge {

// The step add_token_rows: fits the rows of a matrix of `source` to its tokenizer's vocabulary with the new token, as `pad_rows` says.
// FailedPrecondition also for any other rank; InvalidArgument for more rows than fit. Otherwise fails as ReadTokenizer.
absl::StatusOr<ExprPtr> AddTokenRows(const Recipe::AddTokenRows& step, const PadRows& pad_rows, ExprPtr expr, const SourceView& source);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_TOKEN_ROWS_H_
