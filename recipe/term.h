#ifndef WEIGHBRIDGE_RECIPE_TERM_H_
#define WEIGHBRIDGE_RECIPE_TERM_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// The value of a name in a term; NotFound or FailedPrecondition when it has none.
using TermScope = absl::FunctionRef<absl::StatusOr<int64_t>(absl::string_view name)>;

// A term is an integer expression of a recipe: numbers, names (letters, digits, "_" and "."), + - * / and parentheses, with the usual
// precedence: "hidden_size / num_attention_heads / 2". A name may end in a number in brackets, "query_tokens[2]", which is part of what the
// scope is asked for. `A ?? B`, which binds loosest, is B where a name in A is NotFound: "head_dim ?? hidden_size / num_attention_heads".
// InvalidArgument when it is none, when a value leaves int64, and when a division is not exact; otherwise fails as the scope does.
absl::StatusOr<int64_t> EvaluateTerm(absl::string_view term, TermScope scope);

// `text` with every {term} replaced by its value: "layers.{i}.weight". A brace without its partner is InvalidArgument.
absl::StatusOr<std::string> ExpandTerms(absl::string_view text, TermScope scope);

// Whether the term, or every {term} of the text, is one, whatever its names stand for. InvalidArgument when not.
absl::Status CheckTerm(absl::string_view term);
absl::Status CheckTermsOf(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_TERM_H_
