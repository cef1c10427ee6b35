#include "recipe/term.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status.h"

namespace weighbridge {
namespace {

// Parentheses inside each other; a recipe is a user's file.
constexpr int kMaxDepth = 50;

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
}

// Recursive descent: choice = sum {"??" sum}; sum = product {("+" | "-") product}; product = atom {("*" | "/") atom};
// atom = number | name ["[" number "]"] | "(" choice ")".
class TermParser {
 public:
  // Without a scope only the syntax is looked at.
  TermParser(absl::string_view term, const TermScope* scope) : term_(term), rest_(term), scope_(scope) {}

  absl::StatusOr<int64_t> Parse() {
    absl::StatusOr<int64_t> value = Choice(0);
    if (value.ok() && !rest_.empty()) return Error(absl::StrCat("\"", rest_, "\" is too much"));
    return value;
  }

 private:
  absl::Status Error(absl::string_view what) const { return absl::InvalidArgumentError(absl::StrCat("term \"", term_, "\": ", what)); }

  // The next character that is no space, or 0 at the end.
  char Peek() {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    return rest_.empty() ? '\0' : rest_.front();
  }

  absl::StatusOr<int64_t> Apply(char operation, int64_t left, int64_t right) const {
    if (scope_ == nullptr) return 0;
    int64_t value = 0;
    bool overflow = false;
    switch (operation) {
      case '+':
        overflow = __builtin_add_overflow(left, right, &value);
        break;
      case '-':
        overflow = __builtin_sub_overflow(left, right, &value);
        break;
      case '*':
        overflow = __builtin_mul_overflow(left, right, &value);
        break;
      default:
        if (right == 0 || (left == INT64_MIN && right == -1) || left % right != 0) {
          return Error(absl::StrCat(left, " / ", right, " is no whole number"));
        }
        value = left / right;
    }
    if (overflow) return Error(absl::StrCat(left, " ", std::string(1, operation), " ", right, " exceeds 2^63"));
    return value;
  }

  // A sum of which only the syntax is looked at.
  absl::Status Skip(int depth) {
    const TermScope* scope = std::exchange(scope_, nullptr);
    absl::Status status = Sum(depth).status();
    scope_ = scope;
    return status;
  }

  absl::StatusOr<int64_t> Choice(int depth) {
    absl::string_view begin = rest_;
    absl::StatusOr<int64_t> value = Sum(depth);
    while (true) {
      const bool is_missing = absl::IsNotFound(value.status());
      if (!value.ok() && !is_missing) return value;
      if (is_missing) {  // Evaluation stopped within the sum.
        rest_ = begin;
        RETURN_IF_ERROR(Skip(depth));
      }
      if (Peek() != '?' || !absl::ConsumePrefix(&rest_, "??")) return value;
      begin = rest_;
      if (is_missing) {
        value = Sum(depth);
      } else
        RETURN_IF_ERROR(Skip(depth));
    }
  }

  absl::StatusOr<int64_t> Sum(int depth) {
    absl::StatusOr<int64_t> value = Product(depth);
    while (value.ok() && (Peek() == '+' || Peek() == '-')) {
      const char operation = rest_.front();
      rest_.remove_prefix(1);
      absl::StatusOr<int64_t> right = Product(depth);
      if (!right.ok()) return right;
      value = Apply(operation, *value, *right);
    }
    return value;
  }

  absl::StatusOr<int64_t> Product(int depth) {
    absl::StatusOr<int64_t> value = Atom(depth);
    while (value.ok() && (Peek() == '*' || Peek() == '/')) {
      const char operation = rest_.front();
      rest_.remove_prefix(1);
      absl::StatusOr<int64_t> right = Atom(depth);
      if (!right.ok()) return right;
      value = Apply(operation, *value, *right);
    }
    return value;
  }

  absl::StatusOr<int64_t> Atom(int depth) {
    if (Peek() == '(') {
      if (depth == kMaxDepth) return Error("too many parentheses");
      rest_.remove_prefix(1);
      absl::StatusOr<int64_t> value = Choice(depth + 1);
      if (!value.ok()) return value;
      if (Peek() != ')') return Error("a parenthesis is not closed");
      rest_.remove_prefix(1);
      return value;
    }
    size_t length = 0;
    while (length < rest_.size() && IsNameCharacter(rest_[length])) ++length;
    const bool is_name = length > 0 && !absl::ascii_isdigit(static_cast<unsigned char>(rest_.front()));
    if (is_name && length < rest_.size() && rest_[length] == '[') {
      const size_t digits = length + 1;
      length = std::min(rest_.find_first_not_of("0123456789", digits), rest_.size());
      if (length == digits || length == rest_.size() || rest_[length] != ']') return Error("wanted is a number in brackets");
      ++length;
    }
    const absl::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (word.empty()) return Error("a number or a name is missing");
    if (is_name) return scope_ == nullptr ? 0 : (*scope_)(word);
    int64_t number;
    if (!absl::SimpleAtoi(word, &number)) return Error(absl::StrCat("\"", word, "\" is no number"));
    return number;
  }

  absl::string_view term_;
  absl::string_view rest_;
  const TermScope* scope_;
};

absl::StatusOr<std::string> Expand(absl::string_view text, const TermScope* scope) {
  std::string expanded;
  for (absl::string_view rest = text; !rest.empty();) {
    const size_t brace = rest.find_first_of("{}");
    absl::StrAppend(&expanded, rest.substr(0, brace));
    if (brace == absl::string_view::npos) break;
    const size_t end = rest.find('}', brace);
    if (rest[brace] == '}' || end == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("text \"", text, "\": a brace without its partner"));
    }
    ASSIGN_OR_RETURN(int64_t value, TermParser(rest.substr(brace + 1, end - brace - 1), scope).Parse());
    absl::StrAppend(&expanded, value);
    rest.remove_prefix(end + 1);
  }
  return expanded;
}

}  // namespace

absl::StatusOr<int64_t> EvaluateTerm(absl::string_view term, TermScope scope) {
  return TermParser(term, &scope).Parse();
}

absl::StatusOr<std::string> ExpandTerms(absl::string_view text, TermScope scope) {
  return Expand(text, &scope);
}

absl::Status CheckTerm(absl::string_view term) {
  return TermParser(term, nullptr).Parse().status();
}

absl::Status CheckTermsOf(absl::string_view text) {
  return Expand(text, nullptr).status();
}

}  // namespace weighbridge
