#include "recipe/compile_scope.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "formats/tensor_spec.h"
#include "recipe/compile_budget.h"
#include "recipe/source_view.h"
#include "recipe/term.h"

namespace weighbridge {

CompileScope CompileScope::Over(absl::string_view id) const {
  CompileScope other(*views_, id, *budget_);
  other.variables = variables;
  return other;
}

namespace {

// `name` is a key of the config, or a tensor's with an axis in brackets.
absl::StatusOr<int64_t> ValueIn(const SourceView& source, absl::string_view name) {
  if (!absl::ConsumeSuffix(&name, "]")) return source.Integer(name);
  const size_t bracket = name.rfind('[');
  int64_t axis;
  if (!absl::SimpleAtoi(name.substr(bracket + 1), &axis)) return absl::InvalidArgumentError(absl::StrCat(name, "]: there is no such axis"));
  return source.Extent(name.substr(0, bracket), axis);
}

}  // namespace

absl::StatusOr<int64_t> CompileScope::Value(absl::string_view name) const {
  if (const auto found = variables.find(name); found != variables.end()) return found->second;
  if (const size_t dot = name.find('.'); dot != absl::string_view::npos) {
    if (const auto view = views_->find(name.substr(0, dot)); view != views_->end()) return ValueIn(view->second, name.substr(dot + 1));
  }
  return ValueIn(*source_, name);
}

absl::StatusOr<int64_t> CompileScope::Evaluate(const Term& term) const {
  RETURN_IF_ERROR(budget_->ChargeWork(CompileBudget::kMaking + static_cast<int64_t>(term.text().size())));
  return term.Evaluate([&](absl::string_view name) { return Value(name); });
}

absl::StatusOr<std::string> CompileScope::Expand(const TextWithTerms& text) const {
  RETURN_IF_ERROR(budget_->ChargeWork(CompileBudget::kMaking + static_cast<int64_t>(text.text().size())));
  return text.Expand([&](absl::string_view name) { return Value(name); });
}

absl::Status CompileScope::CheckShape(const CheckedShape& expected, const Shape& found, absl::string_view explanation) const {
  if (expected.empty()) return absl::OkStatus();
  bool fits = found.size() == expected.size();
  std::vector<std::string> terms;
  std::vector<std::string> extents;
  for (size_t k = 0; k < expected.size(); ++k) {
    terms.push_back(expected[k].has_value() ? expected[k]->text() : "?");
    extents.emplace_back("?");
    if (!expected[k].has_value()) continue;
    ASSIGN_OR_RETURN(const int64_t extent, Evaluate(*expected[k]));
    extents.back() = absl::StrCat(extent);
    fits = fits && found[k] == extent;
  }
  if (fits) return absl::OkStatus();
  const std::string by_terms = absl::StrJoin(terms, ", ");
  const std::string values = absl::StrJoin(extents, ", ");
  const char* by = absl::StrContains(by_terms, '[') ? "sources" : "config";
  return absl::FailedPreconditionError(absl::StrCat("its shape is ", ShapeToString(found), ", expected [", by_terms, "]",
                                                    by_terms == values ? "" : absl::StrCat(" = [", values, "] by the ", by),
                                                    Explanation(explanation)));
}

std::string Explanation(absl::string_view text) {
  return text.empty() ? "" : absl::StrCat(". ", text);
}

}  // namespace weighbridge
