#ifndef WEIGHBRIDGE_RECIPE_COMPILE_TOKEN_ROWS_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_TOKEN_ROWS_H_

#include "absl/status/statusor.h"
#include "expr/expr.h"
#include "google/protobuf/message.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_options.h"
#include "recipe/source_view.h"

namespace weighbridge {

// The step add_token_rows: fits the rows of a matrix of `source` to its tokenizer's vocabulary with the new token, as its pad_rows says.
// FailedPrecondition also for any other rank; InvalidArgument for more rows than fit. Otherwise fails as ReadTokenizer.
absl::StatusOr<ExprPtr> AddTokenRows(const Recipe::AddTokenRows& step, ExprPtr expr, const SourceView& source);

// Writes `pad_rows` into every step add_token_rows of a recipe, or of a part of one, wherever it stands.
void SetPadRows(const PadRows& pad_rows, google::protobuf::Message& recipe);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_TOKEN_ROWS_H_
