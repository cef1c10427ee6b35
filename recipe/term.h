#ifndef WEIGHBRIDGE_RECIPE_TERM_H_
#define WEIGHBRIDGE_RECIPE_TERM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// The value of a name in a term; NotFound or FailedPrecondition when it has none.
using TermScope = absl::FunctionRef<absl::StatusOr<int64_t>(absl::string_view name)>;

// A term is an integer expression of a recipe: numbers, names (letters, digits, "_" and "."), + - * / and parentheses, with the usual
// precedence: "hidden_size / num_attention_heads / 2". A name may end in a number in brackets, "query_tokens[2]", which is part of what the
// scope is asked for. `A ?? B`, which binds loosest, is B where a name in A is NotFound: "head_dim ?? hidden_size / num_attention_heads".
class Term {
 public:
  // InvalidArgument when the text is not a term.
  static absl::StatusOr<Term> Parse(absl::string_view text);

  // InvalidArgument when a value leaves int64, and when a division is not exact; otherwise fails as the scope does.
  absl::StatusOr<int64_t> Evaluate(TermScope scope) const;

  const std::string& text() const { return text_; }

 private:
  friend class TermParser;

  // An instruction for a stack of values: a number, a name between two places of the text, or one of + - * /. Or the head of a choice,
  // which reaches to the instruction `value`, or of one of its alternatives; they follow each other.
  struct Instruction {
    enum class Kind : unsigned char { kNumber, kName, kOperation, kChoice, kAlternative };
    Kind kind = Kind::kNumber;
    char operation = '\0';
    uint32_t begin = 0;
    int64_t value = 0;  // The number, or an end.
  };

  absl::StatusOr<int64_t> Choose(size_t& next, TermScope scope) const;
  absl::StatusOr<int64_t> Compute(size_t begin, size_t end, TermScope scope) const;
  absl::StatusOr<int64_t> Apply(char operation, int64_t left, int64_t right) const;
  absl::Status Error(absl::string_view what) const;

  std::string text_;
  std::vector<Instruction> code_;
};

// A text with terms in braces: "layers.{i}.weight".
class TextWithTerms {
 public:
  // The empty text.
  TextWithTerms() = default;
  // InvalidArgument when what stands in braces is not a term, and for a brace without its partner.
  static absl::StatusOr<TextWithTerms> Parse(absl::string_view text);

  // With every {term} replaced by its value. Fails as Term::Evaluate.
  absl::StatusOr<std::string> Expand(TermScope scope) const;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> literals_;  // Before each term, and the rest of the text.
  std::vector<Term> terms_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_TERM_H_
