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
#include "google/protobuf/repeated_ptr_field.h"
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

  // As EvaluateTerm and ExpandTerms, within the budget.
  absl::StatusOr<int64_t> Evaluate(absl::string_view term) const;
  absl::StatusOr<std::string> Expand(absl::string_view text) const;

  // FailedPrecondition, with both shapes and the recipe's explanation, when `found` is not what the terms say, "?" being any extent; OK
  // when there are no terms. Otherwise fails as Evaluate.
  absl::Status CheckShape(const google::protobuf::RepeatedPtrField<std::string>& terms, const Shape& found,
                          absl::string_view explanation) const;

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
