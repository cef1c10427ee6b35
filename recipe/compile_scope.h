#ifndef WEIGHBRIDGE_RECIPE_COMPILE_SCOPE_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_SCOPE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "recipe/checked_recipe.h"
#include "recipe/compile_budget.h"
#include "recipe/source_view.h"
#include "recipe/term.h"

namespace weighbridge {

// What the terms of a rule can name: "ID.KEY" is a config value of any source, "ID.NAME[AXIS]" the extent of one of its tensors; other
// names are variables ("i", "taken") first, then the same of the rule's own source. References the views and the budget, which
// must outlive it.
class CompileScope {
 public:
  using Variables = std::map<std::string, int64_t, std::less<>>;

  CompileScope(SourceViews& views, absl::string_view id, CompileBudget& budget)
      : views_(&views), source_(&views.find(id)->second), budget_(&budget) {}

  SourceView& source() const { return *source_; }
  // The same variables over another source of the recipe.
  CompileScope Over(absl::string_view id) const;

  // Of the compilation.
  CompileBudget& budget() const { return *budget_; }

  // Their values here, within the budget.
  absl::StatusOr<int64_t> Evaluate(const Term& term) const;
  absl::StatusOr<std::string> Expand(const TextWithTerms& text) const;

  // FailedPrecondition, with both shapes and the recipe's explanation, when `found` is another than `expected`; OK where that has no axes.
  // Otherwise fails as Evaluate.
  absl::Status CheckShape(const CheckedShape& expected, const Shape& found, absl::string_view explanation) const;

  Variables variables;

 private:
  absl::StatusOr<int64_t> Value(absl::string_view name) const;

  SourceViews* views_;
  SourceView* source_;
  CompileBudget* budget_;
};

// Bytes of a rule's text that a message about its limit shows.
inline constexpr size_t kRuleShown = 60;

// ". EXPLANATION", the end of a message; nothing when it is empty.
std::string Explanation(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_SCOPE_H_
