#include "recipe/compile_accounting.h"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_budget.h"
#include "recipe/compile_scope.h"
#include "recipe/source_view.h"

namespace weighbridge {
namespace {

// How many names a message lists before it says how many more there are.
constexpr size_t kNamesShown = 5;

// By the label of a Read, "SOURCE/NAME": why it is dropped unless something else reads it.
using Reasons = absl::flat_hash_map<std::string, std::string>;

absl::StatusOr<bool> Matches(absl::string_view pattern, absl::string_view name, absl::string_view rule, CompileBudget& budget) {
  absl::StatusOr<bool> matches = budget.Matches(pattern, name);
  if (matches.ok()) return matches;
  return Annotate(matches.status(), absl::StrCat("the ", rule, " of \"", pattern.substr(0, kRuleShown), "\""));
}

// Null when there is none.
absl::StatusOr<const Recipe::Drop*> FindDrop(const Recipe& recipe, const std::string& source, absl::string_view name,
                                             CompileBudget& budget) {
  for (const Recipe::Drop& drop : recipe.drops()) {
    if (drop.source() != source) continue;
    ASSIGN_OR_RETURN(bool matches, Matches(drop.match(), name, "drop", budget));
    if (matches) return &drop;
  }
  return nullptr;
}

absl::StatusOr<bool> IsDroppedOutside(const Recipe::Source& source, absl::string_view name, CompileBudget& budget) {
  for (const std::string& pattern : source.outside()) {
    absl::StatusOr<bool> matches = Matches(pattern, name, "outside", budget);
    if (!matches.ok() || *matches) return matches;
  }
  return source.outside().empty();
}

absl::Status UnaccountedError(const SourceView& view, std::vector<std::string> names) {
  const size_t count = names.size();
  if (count > kNamesShown) names.resize(kNamesShown);
  const std::string more = count > kNamesShown ? absl::StrCat(" and ", count - kNamesShown, " more") : "";
  return absl::FailedPreconditionError(absl::StrCat(
      view.Describe(), ": ", count == 1 ? "tensor " : absl::StrCat(count, " tensors, "), absl::StrJoin(names, ", "), more,
      count == 1 ? ", is" : ", are", " neither used nor dropped; a copy of the recipe with a rule or a drop for it says what is meant"));
}

// What the row reads falls for that reason; the first one counts.
void AddReasons(const SourceView::Row& row, const std::string& reason, Reasons& reasons) {
  for (const Expr* leaf : Leaves(*row.expr)) reasons.emplace(leaf->tensor_label(), reason);
}

absl::Status CollectReasons(const Recipe& recipe, const Recipe::Source& source, const SourceView& view, CompileBudget& budget,
                            Reasons& reasons) {
  std::vector<std::string> unaccounted;
  for (const SourceView::Row& row : view.rows()) {
    if (row.used) continue;
    ASSIGN_OR_RETURN(const Recipe::Drop* drop, FindDrop(recipe, source.id(), row.name, budget));
    if (drop != nullptr) {
      AddReasons(row, drop->reason(), reasons);
    } else {
      unaccounted.push_back(absl::StrCat("\"", row.stored_name, "\" ", ToString(row.expr->spec())));
    }
  }
  for (const SourceView::Row& row : view.outside()) {
    ASSIGN_OR_RETURN(bool is_dropped, IsDroppedOutside(source, row.name, budget));
    if (is_dropped) {
      AddReasons(row, source.outside_reason(), reasons);
    } else {
      unaccounted.push_back(absl::StrCat("\"", row.stored_name, "\" ", ToString(row.expr->spec())));
    }
  }
  if (!unaccounted.empty()) return UnaccountedError(view, std::move(unaccounted));
  if (const Plan* made = view.source().plan.get(); made != nullptr) {
    for (const DroppedTensor& dropped : made->dropped) reasons.emplace(absl::StrCat(dropped.source, "/", dropped.name), dropped.reason);
  }
  return absl::OkStatus();
}

// The checkpoints behind all sources, in order.
absl::Status FlattenSources(const Recipe& recipe, const SourceViews& views, Plan& plan) {
  for (const Recipe::Source& source : recipe.sources()) {
    const PlanSource& given = views.at(source.id()).source();
    if (given.plan == nullptr) {
      plan.sources.push_back(given);
      continue;
    }
    const Plan& made = *given.plan;
    plan.sources.insert(plan.sources.end(), made.sources.begin(), made.sources.end());
    plan.made_sources.insert(plan.made_sources.end(), made.made_sources.begin(), made.made_sources.end());
    plan.made_sources.push_back({.id = given.id, .recipe = made.recipe});
  }
  std::set<std::string> ids;
  for (const PlanSource& source : plan.sources) {
    if (ids.insert(source.id).second) continue;
    return absl::InvalidArgumentError(absl::StrCat("two checkpoints have the id \"", source.id,
                                                   "\"; one of them stands behind a source that "
                                                   "is made of others"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRefusals(const Recipe& recipe, const SourceViews& views, CompileBudget& budget) {
  for (const Recipe::Refusal& refusal : recipe.refusals()) {
    const SourceView& view = views.at(refusal.source());
    for (const SourceView::Row& row : view.rows()) {
      ASSIGN_OR_RETURN(bool matches, Matches(refusal.match(), row.name, "refusal", budget));
      if (!matches) continue;
      return absl::FailedPreconditionError(absl::StrCat(view.Describe(), ": tensor \"", row.stored_name, "\" ", ToString(row.expr->spec()),
                                                        " must not be there", Explanation(refusal.reason())));
    }
  }
  return absl::OkStatus();
}

absl::Status AccountForSources(const Recipe& recipe, const SourceViews& views, CompileBudget& budget, Plan& plan) {
  Reasons reasons;
  for (const Recipe::Source& source : recipe.sources()) {
    RETURN_IF_ERROR(CollectReasons(recipe, source, views.at(source.id()), budget, reasons));
  }
  RETURN_IF_ERROR(FlattenSources(recipe, views, plan));
  absl::flat_hash_set<std::string> read;
  for (const PlannedTensor& output : plan.outputs) {
    for (const Expr* leaf : Leaves(*output.expr)) read.insert(leaf->tensor_label());
  }
  for (const PlanSource& source : plan.sources) {
    for (const CheckpointTensor& tensor : source.checkpoint->tensors()) {
      const std::string label = absl::StrCat(source.id, "/", tensor.name);
      if (read.contains(label)) {
        ++plan.used;
        continue;
      }
      const auto reason = reasons.find(label);
      if (reason == reasons.end()) return absl::InternalError(absl::StrCat(label, " is neither read nor dropped"));
      plan.dropped.push_back({.source = source.id, .name = tensor.name, .spec = tensor.tensor.spec(), .reason = reason->second});
    }
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
