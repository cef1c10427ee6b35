#include "recipe/term.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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

// Parentheses inside each other, and bytes of a term; a recipe is a stranger's file.
constexpr int kMaxDepth = 50;
constexpr size_t kMaxBytes = size_t{4} << 10;

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
}

}  // namespace

// Recursive descent: choice = sum {"??" sum}; sum = product {("+" | "-") product}; product = atom {("*" | "/") atom};
// atom = number | name ["[" number "]"] | "(" choice ")". Operations stand behind their operands.
class TermParser {
 public:
  explicit TermParser(Term& term) : term_(term), rest_(term.text_) {}

  absl::Status Parse() {
    if (rest_.size() > kMaxBytes) return absl::InvalidArgumentError(absl::StrCat("a term has at most ", kMaxBytes, " bytes"));
    RETURN_IF_ERROR(Choice(0));
    return rest_.empty() ? absl::OkStatus() : term_.Error(absl::StrCat("\"", rest_, "\" is too much"));
  }

 private:
  using Kind = Term::Instruction::Kind;

  // The next character that is no space, or 0 at the end.
  char Peek() {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    return rest_.empty() ? '\0' : rest_.front();
  }

  // What `parse` reads, behind a head that says where it ends.
  template <typename Function>
  absl::Status Headed(Kind kind, Function parse) {
    const size_t head = term_.code_.size();
    term_.code_.push_back({.kind = kind});
    RETURN_IF_ERROR(parse());
    term_.code_[head].value = static_cast<int64_t>(term_.code_.size());
    return absl::OkStatus();
  }

  absl::Status Choice(int depth) {
    return Headed(Kind::kChoice, [&]() -> absl::Status {
      do {
        RETURN_IF_ERROR(Headed(Kind::kAlternative, [&] { return Sum(depth); }));
      } while (Peek() == '?' && absl::ConsumePrefix(&rest_, "??"));
      return absl::OkStatus();
    });
  }

  absl::Status Sum(int depth) {
    return Operands("+-", [&] { return Operands("*/", [&] { return Atom(depth); }); });
  }

  template <typename Function>
  absl::Status Operands(absl::string_view operations, Function parse) {
    RETURN_IF_ERROR(parse());
    while (Peek() != '\0' && operations.find(rest_.front()) != absl::string_view::npos) {
      const char operation = rest_.front();
      rest_.remove_prefix(1);
      RETURN_IF_ERROR(parse());
      term_.code_.push_back({.kind = Kind::kOperation, .operation = operation});
    }
    return absl::OkStatus();
  }

  absl::Status Atom(int depth) {
    if (Peek() == '(') {
      if (depth == kMaxDepth) return term_.Error("too many parentheses");
      rest_.remove_prefix(1);
      RETURN_IF_ERROR(Choice(depth + 1));
      if (Peek() != ')') return term_.Error("a parenthesis is not closed");
      rest_.remove_prefix(1);
      return absl::OkStatus();
    }
    size_t length = 0;
    while (length < rest_.size() && IsNameCharacter(rest_[length])) ++length;
    if (length == 0) return term_.Error("a number or a name is missing");
    if (absl::ascii_isdigit(static_cast<unsigned char>(rest_.front()))) return Number(length);
    if (length < rest_.size() && rest_[length] == '[') {
      const size_t digits = length + 1;
      length = std::min(rest_.find_first_not_of("0123456789", digits), rest_.size());
      if (length == digits || length == rest_.size() || rest_[length] != ']') return term_.Error("expected a number in brackets");
      ++length;
    }
    const size_t begin = term_.text_.size() - rest_.size();
    term_.code_.push_back({.kind = Kind::kName, .begin = static_cast<uint32_t>(begin), .value = static_cast<int64_t>(begin + length)});
    rest_.remove_prefix(length);
    return absl::OkStatus();
  }

  absl::Status Number(size_t length) {
    const absl::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    int64_t number;
    if (!absl::SimpleAtoi(word, &number)) return term_.Error(absl::StrCat("\"", word, "\" is not a number"));
    term_.code_.push_back({.kind = Kind::kNumber, .value = number});
    return absl::OkStatus();
  }

  Term& term_;
  absl::string_view rest_;
};

absl::StatusOr<Term> Term::Parse(absl::string_view text) {
  Term term;
  term.text_ = std::string(text);
  RETURN_IF_ERROR(TermParser(term).Parse());
  term.code_.shrink_to_fit();
  return term;
}

absl::StatusOr<int64_t> Term::Evaluate(TermScope scope) const {
  size_t next = 0;
  return Choose(next, scope);
}

// The choice whose head is at `next`, which is then behind it.
absl::StatusOr<int64_t> Term::Choose(size_t& next, TermScope scope) const {
  const auto end = static_cast<size_t>(code_[next].value);
  absl::StatusOr<int64_t> value = absl::NotFoundError("");
  for (size_t head = next + 1; head < end && absl::IsNotFound(value.status()); head = static_cast<size_t>(code_[head].value)) {
    value = Compute(head + 1, static_cast<size_t>(code_[head].value), scope);
  }
  next = end;
  return value;
}

absl::StatusOr<int64_t> Term::Compute(size_t begin, size_t end, TermScope scope) const {
  std::vector<int64_t> values;
  for (size_t next = begin; next < end;) {
    const Instruction& instruction = code_[next];
    absl::StatusOr<int64_t> value = instruction.value;
    if (instruction.kind == Instruction::Kind::kName) {
      value = scope(absl::string_view(text_).substr(instruction.begin, static_cast<size_t>(instruction.value) - instruction.begin));
    } else if (instruction.kind == Instruction::Kind::kOperation) {
      const int64_t right = values.back();
      values.pop_back();
      value = Apply(instruction.operation, values.back(), right);
      values.pop_back();
    }
    if (instruction.kind == Instruction::Kind::kChoice) {
      value = Choose(next, scope);
    } else {
      ++next;
    }
    if (!value.ok()) return value;
    values.push_back(*value);
  }
  return values.back();
}

absl::StatusOr<int64_t> Term::Apply(char operation, int64_t left, int64_t right) const {
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
        return Error(absl::StrCat(left, " / ", right, " is not a whole number"));
      }
      value = left / right;
  }
  if (overflow) return Error(absl::StrCat(left, " ", std::string(1, operation), " ", right, " exceeds 2^63"));
  return value;
}

absl::Status Term::Error(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat("term \"", text_, "\": ", what));
}

absl::StatusOr<TextWithTerms> TextWithTerms::Parse(absl::string_view text) {
  TextWithTerms parsed;
  parsed.text_ = std::string(text);
  absl::string_view rest = text;
  for (size_t brace = rest.find_first_of("{}"); brace != absl::string_view::npos; brace = rest.find_first_of("{}")) {
    const size_t end = rest.find('}', brace);
    if (rest[brace] == '}' || end == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("text \"", text, "\": a brace without its partner"));
    }
    ASSIGN_OR_RETURN(Term term, Term::Parse(rest.substr(brace + 1, end - brace - 1)));
    parsed.literals_.emplace_back(rest.substr(0, brace));
    parsed.terms_.push_back(std::move(term));
    rest.remove_prefix(end + 1);
  }
  parsed.literals_.emplace_back(rest);
  return parsed;
}

absl::StatusOr<std::string> TextWithTerms::Expand(TermScope scope) const {
  std::string expanded;
  for (size_t k = 0; k < literals_.size(); ++k) {
    absl::StrAppend(&expanded, literals_[k]);
    if (k == terms_.size()) break;
    ASSIGN_OR_RETURN(const int64_t value, terms_[k].Evaluate(scope));
    absl::StrAppend(&expanded, value);
  }
  return expanded;
}

}  // namespace weighbridge
