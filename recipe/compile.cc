#include "recipe/compile.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/checked_recipe.h"
#include "recipe/compile_accounting.h"
#include "recipe/compile_budget.h"
#include "recipe/compile_options.h"
#include "recipe/compile_result.h"
#include "recipe/compile_scope.h"
#include "recipe/compile_steps.h"
#include "recipe/source_view.h"

namespace weighbridge {
namespace {

std::string DescribeTensor(const SourceView& source, const SourceView::Row& row) {
  return absl::StrCat(source.Describe(), ": tensor \"", row.stored_name, "\"");
}

// The row that the rule makes its output of, or -1.
absl::StatusOr<int64_t> FindTensor(const CompileScope& scope, const CheckedTensor& tensor, absl::string_view from) {
  const SourceView& source = scope.source();
  const int64_t row = source.Find(from);
  if (row >= 0 || !tensor.rule->has_tied() || !source.IsTrue(tensor.rule->tied().config())) return row;
  ASSIGN_OR_RETURN(std::string to, scope.Expand(tensor.tied_to));
  return source.Find(to);
}

// What a missing tensor means, by what else its module has: "q_proj.qweight" in the place of "q_proj.weight" is no damage.
std::string WhatIsThere(const SourceView& source, absl::string_view missing, absl::string_view explanation) {
  constexpr size_t kNamesShown = 5;
  absl::string_view module = missing;
  if (!absl::ConsumeSuffix(&module, "weight") || !absl::EndsWith(module, ".")) return Explanation(explanation);
  std::vector<std::string> others;
  for (const SourceView::Row& row : source.rows()) {
    if (!absl::StartsWith(row.name, module) || absl::EndsWith(row.name, ".bias")) continue;
    if (others.size() < kNamesShown) others.push_back(absl::StrCat("\"", row.stored_name, "\" ", ToString(row.expr->spec())));
  }
  if (others.empty()) return Explanation(explanation);
  return absl::StrCat(
      ". In its place there are ", absl::StrJoin(others, ", "),
      ": the weights are quantized, or an adapter is wrapped around them, which this recipe cannot undo; give it plain weights");
}

class Compiler {
 public:
  Compiler(const CheckedRecipe& recipe, const CompileOptions& options)
      : checked_(recipe), recipe_(*recipe.recipe), budget_(options.limits, options.stop) {}

  absl::StatusOr<Plan> Run(const std::vector<PlanSource>& sources) {
    absl::Status status = OpenSources(sources);
    if (status.ok()) status = CheckRefusals(recipe_, views_, budget_);
    for (const CheckedSection& section : checked_.sections) {
      if (status.ok()) status = section.matches.empty() ? CompileRepeats(section) : CompileMatches(section);
    }
    if (status.ok()) status = AccountForSources(recipe_, views_, budget_, plan_);
    if (status.ok()) status = MakeResult(checked_, views_, budget_, plan_);
    if (!status.ok()) return Annotate(status, absl::StrCat("recipe \"", recipe_.name(), "\""));
    plan_.recipe = recipe_;
    return std::move(plan_);
  }

 private:
  // Makes a view of each source.
  absl::Status OpenSources(const std::vector<PlanSource>& sources) {
    for (const Recipe::Source& source : recipe_.sources()) {
      const auto given = std::find_if(sources.begin(), sources.end(), [&](const PlanSource& other) { return other.id == source.id(); });
      if (given == sources.end()) {
        return absl::NotFoundError(absl::StrCat("source \"", source.id(), "\" is missing: ", source.description()));
      }
      ASSIGN_OR_RETURN(SourceView view, SourceView::Create(source, *given));
      views_.emplace(source.id(), std::move(view));
    }
    if (views_.size() == sources.size()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("expected ", views_.size(), " sources, each once, got ", sources.size()));
  }

  // The expression of the row: the section's cast, then its own steps.
  absl::StatusOr<ExprPtr> Apply(const CompileScope& scope, const CheckedSection& section, const std::vector<CheckedStep>& steps,
                                int64_t row) const {
    ExprPtr expr = scope.source().Use(row);
    if (section.cast.has_value()) {
      ASSIGN_OR_RETURN(expr, ApplyCast(*section.cast, std::move(expr), scope));
    }
    return ApplySteps(steps, std::move(expr), scope.source().rows()[row].name, scope);
  }

  // Appends the output; `explanation` is what it means when something else made it already.
  absl::Status AddOutput(PlannedTensor output, absl::string_view explanation) {
    RETURN_IF_ERROR(budget_.ChargeOutput(*output.expr, output.name, output.tensor_name));
    const auto [made, is_new] = made_.emplace(output.name, plan_.outputs.size());
    if (!is_new) {
      return absl::FailedPreconditionError(absl::StrCat("the output \"", output.name, "\" is made twice, from ",
                                                        ToString(*plan_.outputs[made->second].expr), " and from ", ToString(*output.expr),
                                                        Explanation(explanation)));
    }
    plan_.outputs.push_back(std::move(output));
    return absl::OkStatus();
  }

  absl::Status CompileTensor(const CompileScope& scope, const CheckedSection& section, const CheckedTensor& tensor) {
    return NameRuleOfLimit(MakeTensor(scope, section, tensor), "from", tensor.from.text());
  }

  absl::Status MakeTensor(const CompileScope& scope, const CheckedSection& section, const CheckedTensor& tensor) {
    ASSIGN_OR_RETURN(const std::string from, scope.Expand(tensor.from));
    ASSIGN_OR_RETURN(std::string to, scope.Expand(tensor.to));
    ASSIGN_OR_RETURN(std::string tensor_name, scope.Expand(tensor.tensor_name));
    const SourceView& source = scope.source();
    ASSIGN_OR_RETURN(const int64_t row, FindTensor(scope, tensor, from));
    if (row < 0 && tensor.rule->may_be_absent()) return absl::OkStatus();
    if (row < 0) {
      return absl::NotFoundError(absl::StrCat(source.Describe(), ": tensor \"", from, "\" is missing; \"", to, "\" is made of it",
                                              WhatIsThere(source, from, tensor.rule->if_missing())));
    }
    const std::string where = DescribeTensor(source, source.rows()[row]);
    RETURN_IF_ERROR(scope.CheckShape(tensor.shape, source.rows()[row].expr->spec().shape, tensor.rule->if_shape_differs()),
                    Annotate(_, where));
    ASSIGN_OR_RETURN(ExprPtr expr, Apply(scope, section, tensor.steps, row), Annotate(_, where));
    return AddOutput({std::move(to), std::move(expr), std::move(tensor_name), tensor.rule->tolerance()}, "");
  }

  absl::Status CompileRepeat(CompileScope& scope, const CheckedSection& section, const CheckedRepeat& repeat) {
    if (!repeat.count.has_value()) return CompileTensor(scope, section, repeat.tensors.front());
    ASSIGN_OR_RETURN(const int64_t count, scope.Evaluate(*repeat.count));
    RETURN_IF_ERROR(budget_.CheckRepetitions(count), NameRuleOfLimit(_, "layers of", repeat.count->text()));
    for (int64_t i = 0; i < count; ++i) {
      scope.variables["i"] = i;
      for (const CheckedTensor& tensor : repeat.tensors) {
        RETURN_IF_ERROR(CompileTensor(scope, section, tensor));
      }
    }
    scope.variables.erase("i");
    return absl::OkStatus();
  }

  absl::Status CompileRepeats(const CheckedSection& section) {
    CompileScope scope(views_, section.rule->source(), budget_);
    for (const CheckedRepeat& repeat : section.repeats) {
      RETURN_IF_ERROR(CompileRepeat(scope, section, repeat));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Matches(const Recipe::Take& rule, const SourceView::Row& row) {
    if (rule.has_rank() && row.expr->spec().shape.size() != static_cast<size_t>(rule.rank())) return false;
    absl::StatusOr<bool> matches = budget_.Matches(rule.match(), row.name);
    if (!matches.ok()) return NameRuleOfLimit(matches.status(), "take of", rule.match());
    return matches;
  }

  // The first rule that matches, or how many there are.
  absl::StatusOr<size_t> FindMatch(const CheckedSection& section, const SourceView::Row& row) {
    for (size_t k = 0; k < section.matches.size(); ++k) {
      ASSIGN_OR_RETURN(const bool matches, Matches(*section.matches[k].rule, row));
      if (matches) return k;
    }
    return section.matches.size();
  }

  absl::Status CompileMatch(const CompileScope& scope, const CheckedSection& section, const CheckedMatch& match, int64_t row) {
    const SourceView::Row& taken = scope.source().rows()[row];
    const std::string where = DescribeTensor(scope.source(), taken);
    RETURN_IF_ERROR(scope.CheckShape(match.shape, taken.expr->spec().shape, match.rule->if_shape_differs()), Annotate(_, where));
    std::string name = taken.name;
    for (const Recipe::Replacement& replacement : match.rule->replacements()) {
      ASSIGN_OR_RETURN(name, budget_.Replace(name, replacement.text(), replacement.with()));
    }
    const bool keeps_name = match.rule->keep_tensor_name() && !taken.tensor_name.empty();
    ASSIGN_OR_RETURN(std::string tensor_name, keeps_name ? taken.tensor_name : scope.Expand(match.tensor_name));
    ASSIGN_OR_RETURN(ExprPtr expr, Apply(scope, section, match.steps, row), Annotate(_, where));
    return AddOutput({std::move(name), std::move(expr), std::move(tensor_name), match.rule->tolerance()}, match.rule->if_made_twice());
  }

  absl::Status CompileMatches(const CheckedSection& section) {
    CompileScope scope(views_, section.rule->source(), budget_);
    const absl::Span<const SourceView::Row> rows = scope.source().rows();
    plan_.outputs.reserve(plan_.outputs.size() + rows.size());
    std::vector<int64_t> matched(section.matches.size());
    int64_t taken = 0;
    for (int64_t row = 0; row < static_cast<int64_t>(rows.size()); ++row) {
      ASSIGN_OR_RETURN(const size_t k, FindMatch(section, rows[row]));
      if (k == section.matches.size()) continue;
      scope.variables = {{"position", row}, {"taken", taken++}, {"matched", matched[k]++}};
      const CheckedMatch& match = section.matches[k];
      RETURN_IF_ERROR(NameRuleOfLimit(CompileMatch(scope, section, match, row), "take of", match.rule->match()));
    }
    for (size_t k = 0; k < section.matches.size(); ++k) {
      RETURN_IF_ERROR(CheckCount(scope, section.matches[k], matched[k]));
    }
    return absl::OkStatus();
  }

  static absl::Status CheckCount(const CompileScope& scope, const CheckedMatch& match, int64_t matched) {
    std::string expected = "at least one";
    if (match.count.has_value()) {
      ASSIGN_OR_RETURN(const int64_t count, scope.Evaluate(*match.count));
      if (count == matched) return absl::OkStatus();
      expected = absl::StrCat(match.count->text(), " = ", count);
    } else if (matched > 0 || match.rule->may_be_absent()) {
      return absl::OkStatus();
    }
    return absl::NotFoundError(absl::StrCat(scope.source().Describe(), ": ", matched, " tensors match \"", match.rule->match(),
                                            "\", expected ", expected, Explanation(match.rule->if_count_differs())));
  }

  // A limit is met in the middle of a rule, which only the recipe's author can find by its text.
  static absl::Status NameRuleOfLimit(const absl::Status& status, absl::string_view kind, absl::string_view rule) {
    return absl::IsResourceExhausted(status) ? Annotate(status, absl::StrCat(kind, " \"", rule.substr(0, kRuleShown), "\"")) : status;
  }

  const CheckedRecipe& checked_;
  const Recipe& recipe_;
  CompileBudget budget_;
  SourceViews views_;
  absl::flat_hash_map<std::string, size_t> made_;
  Plan plan_;
};

}  // namespace

absl::Status ValidateRecipe(const Recipe& recipe) {
  ASSIGN_OR_RETURN(const Recipe applied, Applied(recipe, {}));
  return CheckRecipe(applied, RecipeLimits()).status();
}

absl::StatusOr<Plan> Compile(const Recipe& recipe, const std::vector<PlanSource>& sources, const CompileOptions& options) {
  ASSIGN_OR_RETURN(const Recipe applied, Applied(recipe, options));
  ASSIGN_OR_RETURN(const CheckedRecipe checked, CheckRecipe(applied, options.limits));
  return Compiler(checked, options).Run(sources);
}

}  // namespace weighbridge
