#include "recipe/compile_budget.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/expr.h"
#include "formats/tensor_spec.h"
#include "recipe/pattern.h"

namespace weighbridge {
namespace {

// In steps, measured: a comparison that fails at once, and whatever makes a text or an expression.
constexpr int64_t kComparison = 10;

absl::Status Exhausted(absl::string_view what, int64_t limit) {
  return absl::ResourceExhaustedError(absl::StrCat("a recipe makes at most ", limit, " ", what, "; this one wants more"));
}

}  // namespace

absl::Status CompileBudget::ChargeWork(int64_t steps) {
  if (stop_ != nullptr && *stop_) return absl::CancelledError("stopped");
  work_ += steps;
  return work_ <= limits_.work ? absl::OkStatus() : Exhausted("steps of the compiler", limits_.work);
}

absl::Status CompileBudget::CheckName(int64_t bytes) const {
  if (bytes <= limits_.name_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("a name has at most ", limits_.name_bytes, " bytes; this one has ", bytes, " or more"));
}

absl::Status CompileBudget::ChargeNames(int64_t bytes) {
  names_bytes_ += bytes;
  return names_bytes_ <= limits_.names_bytes ? ChargeWork(kMaking + bytes) : Exhausted("bytes of names", limits_.names_bytes);
}

absl::Status CompileBudget::ChargeOutput(const Expr& expr, absl::string_view name, absl::string_view tensor_name) {
  if (++outputs_ > limits_.outputs) return Exhausted("outputs", limits_.outputs);
  if (!CountOperations(expr)) return Exhausted("operations", limits_.operations);
  for (absl::string_view text : {name, tensor_name}) {
    const auto bytes = static_cast<int64_t>(text.size());
    RETURN_IF_ERROR(CheckName(bytes));
    RETURN_IF_ERROR(ChargeNames(bytes));
  }
  ASSIGN_OR_RETURN(const int64_t bytes, ByteSize(expr.spec()));
  if (bytes > limits_.output_bytes - output_bytes_) return Exhausted("bytes of tensors", limits_.output_bytes);
  output_bytes_ += bytes;
  return absl::OkStatus();
}

// False as soon as there are too many: what two levels of recipes share is as large as the product of both.
bool CompileBudget::CountOperations(const Expr& expr) {
  if (++operations_ > limits_.operations) return false;
  for (const ExprPtr& operand : expr.operands()) {
    if (!CountOperations(*operand)) return false;
  }
  return true;
}

absl::Status CompileBudget::ChargeModule(absl::string_view name) {
  RETURN_IF_ERROR(CheckModules(++modules_));
  RETURN_IF_ERROR(CheckName(static_cast<int64_t>(name.size())));
  return ChargeNames(static_cast<int64_t>(name.size()));
}

absl::Status CompileBudget::CheckRepetitions(int64_t count) const {
  if (count <= limits_.outputs) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("a rule is repeated at most ", limits_.outputs, " times, not ", count));
}

absl::Status CompileBudget::CheckModules(int64_t count) const {
  return count <= limits_.modules ? absl::OkStatus() : Exhausted("modules", limits_.modules);
}

absl::Status CompileBudget::CheckPattern(absl::string_view pattern) const {
  if (static_cast<int64_t>(pattern.size()) <= limits_.pattern_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("a pattern has at most ", limits_.pattern_bytes, " bytes; this one has ", pattern.size()));
}

absl::StatusOr<std::string> CompileBudget::Replace(absl::string_view name, absl::string_view text, absl::string_view with) {
  RETURN_IF_ERROR(CheckPattern(text));
  std::string replaced;
  for (size_t begin = 0; begin < name.size();) {
    const size_t found = name.find(text, begin);
    absl::StrAppend(&replaced, name.substr(begin, found == absl::string_view::npos ? found : found - begin));
    if (found == absl::string_view::npos) break;
    absl::StrAppend(&replaced, with);
    RETURN_IF_ERROR(CheckName(static_cast<int64_t>(replaced.size())));
    begin = found + text.size();
  }
  RETURN_IF_ERROR(ChargeWork(kMaking + static_cast<int64_t>(name.size() + replaced.size())));
  return replaced;
}

absl::StatusOr<bool> CompileBudget::Matches(absl::string_view pattern, absl::string_view name) {
  RETURN_IF_ERROR(CheckPattern(pattern));
  RETURN_IF_ERROR(CheckName(static_cast<int64_t>(name.size())));
  int64_t steps = 0;
  const bool matches = MatchesPattern(pattern, name, &steps);
  RETURN_IF_ERROR(ChargeWork(kComparison + steps));
  return matches;
}

}  // namespace weighbridge
