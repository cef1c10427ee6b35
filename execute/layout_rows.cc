#include "execute/layout_rows.h"

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/layout.h"

namespace weighbridge {
namespace {

// Expressions by what they are, not where.
struct ByValue {
  size_t operator()(const Expr* expr) const { return absl::HashOf(*expr); }
  bool operator()(const Expr* a, const Expr* b) const { return *a == *b; }
};

}  // namespace

std::vector<LayoutRow> LayoutRows(const Plan& plan) {
  std::vector<LayoutRow> rows;
  rows.reserve(plan.outputs.size());
  // Of the rows that are nobody's same_as.
  absl::flat_hash_map<const Expr*, size_t, ByValue, ByValue> firsts;
  for (const PlannedTensor& output : plan.outputs) {
    std::optional<size_t> same_as;
    // Tensors without elements share nothing.
    if (ElementCount(output.expr->spec().shape).value_or(0) > 0) {
      const auto [first, is_new] = firsts.emplace(output.expr.get(), rows.size());
      if (!is_new) same_as = first->second;
    }
    rows.push_back({.name = output.name, .spec = output.expr->spec(), .tensor_name = output.tensor_name, .same_as = same_as});
  }
  return rows;
}

}  // namespace weighbridge
