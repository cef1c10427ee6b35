#ifndef WEIGHBRIDGE_RECIPE_COMPILE_BUDGET_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "expr/expr.h"
#include "recipe/recipe_limits.h"

namespace weighbridge {

// What one compilation may still do. Every function charges before it takes memory or time, and fails with ResourceExhausted, naming the
// limit, when that is too much; with Cancelled when the user has stopped the program.
class CompileBudget {
 public:
  // `stop` may be null.
  CompileBudget(const RecipeLimits& limits, const std::atomic<bool>* stop) : limits_(limits), stop_(stop) {}

  // What it costs to make a text or an expression, in steps, beside its characters.
  static constexpr int64_t kMaking = 100;

  absl::Status ChargeWork(int64_t steps);
  // A name of so many bytes that is looked at.
  absl::Status CheckName(int64_t bytes) const;
  // An output and its names.
  absl::Status ChargeOutput(const Expr& expr, absl::string_view name, absl::string_view tensor_name);
  absl::Status ChargeModule(absl::string_view name);
  // Repetitions of a rule that makes outputs, or modules.
  absl::Status CheckRepetitions(int64_t count) const;
  absl::Status CheckModules(int64_t count) const;

  // `name` with every `text` replaced, left to right.
  absl::StatusOr<std::string> Replace(absl::string_view name, absl::string_view text, absl::string_view with);
  // As MatchesPattern.
  absl::StatusOr<bool> Matches(absl::string_view pattern, absl::string_view name);

 private:
  bool CountOperations(const Expr& expr);
  absl::Status ChargeNames(int64_t bytes);
  absl::Status CheckPattern(absl::string_view pattern) const;

  const RecipeLimits limits_;
  const std::atomic<bool>* const stop_;
  int64_t work_ = 0;
  int64_t operations_ = 0;
  int64_t outputs_ = 0;
  int64_t output_bytes_ = 0;
  int64_t modules_ = 0;
  int64_t names_bytes_ = 0;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_BUDGET_H_
