#include "recipe/compile_token_rows.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/read_tokenizer.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_scope.h"
#include "recipe/source_view.h"

namespace weighbridge {
namespace {

// The first `kept` rows of the matrix, and `added` rows of zeros below them.
absl::StatusOr<ExprPtr> FitRows(ExprPtr expr, int64_t kept, int64_t added) {
  const int64_t columns = expr->spec().shape[1];
  int64_t rows;
  if (__builtin_add_overflow(kept, added, &rows)) return absl::InvalidArgumentError(absl::StrCat(added, " rows are too many to add"));
  if (kept < expr->spec().shape[0]) {
    absl::StatusOr<ExprPtr> slice = Slice(std::move(expr), {{0, kept}, {0, columns}});
    if (!slice.ok()) return slice;
    expr = *std::move(slice);
  }
  if (added == 0) return expr;
  return Pad(std::move(expr), {rows, columns}, {{0, kept}, {0, columns}});
}

absl::Status Error(const Recipe::AddTokenRows& step, absl::string_view what, absl::string_view explanation) {
  return absl::FailedPreconditionError(absl::StrCat("the row of ", step.token(), " to add: ", what, Explanation(explanation)));
}

}  // namespace

absl::StatusOr<ExprPtr> AddTokenRows(const Recipe::AddTokenRows& step, const PadRows& pad_rows, ExprPtr expr, const SourceView& source) {
  const Shape& shape = expr->spec().shape;
  if (shape.size() != 2) {
    return absl::FailedPreconditionError(absl::StrCat("its shape is ", ShapeToString(shape), "; only a matrix has rows for tokens"));
  }
  const int64_t rows = shape[0];
  const bool counts = pad_rows.mode == PadRows::Mode::kCount;
  const absl::StatusOr<Tokenizer>& tokenizer = source.tokenizer();
  if (absl::IsNotFound(tokenizer.status())) {
    if (counts) return FitRows(std::move(expr), rows, pad_rows.count);
    return Error(step, "there is no tokenizer.model beside it", step.if_no_tokenizer());
  }
  if (!tokenizer.ok()) return tokenizer.status();
  const int64_t tokens = tokenizer->length;
  if (!counts && tokenizer->tokens.contains(step.token())) {
    if (pad_rows.mode == PadRows::Mode::kReference) return FitRows(std::move(expr), 0, tokens);
    return Error(step, "the tokenizer knows the token already", step.if_token_known());
  }
  if (rows < tokens) {
    return Error(step, absl::StrCat("the tokenizer knows ", tokens, " tokens, the matrix has ", rows, " rows"), step.if_rows_missing());
  }
  return FitRows(std::move(expr), tokens, counts ? pad_rows.count : 1);
}

}  // namespace weighbridge
