#include "execute/layout_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"

namespace weighbridge {
namespace {

bool IsSameTensor(const StoredTensor& a, const StoredTensor& b) {
  return a.source() == b.source() && a.offset() == b.offset() && a.strides() == b.strides();
}

// Whether both are the same operations on the same stored bytes. As deep as an Expr can be: 1000.
bool IsSame(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  if (a.op() != b.op() || a.spec() != b.spec() || a.operands().size() != b.operands().size()) return false;
  bool same = true;
  switch (a.op()) {
    case Expr::Op::kRead:
      same = IsSameTensor(a.tensor(), b.tensor());
      break;
    case Expr::Op::kPermute:
      same = a.axes() == b.axes();
      break;
    case Expr::Op::kSlice:
      same = a.region() == b.region();
      break;
    case Expr::Op::kPad:
      same = a.inside() == b.inside();
      break;
    case Expr::Op::kConcat:
      same = a.axis() == b.axis();
      break;
    case Expr::Op::kCast:
    case Expr::Op::kAdd:
      break;
  }
  return same && std::equal(a.operands().begin(), a.operands().end(), b.operands().begin(),
                            [](const ExprPtr& left, const ExprPtr& right) { return IsSame(*left, *right); });
}

// Of what IsSame compares.
class Hasher {
 public:
  // Shared expressions are hashed once.
  size_t Hash(const Expr& expr) {
    if (const auto known = known_.find(&expr); known != known_.end()) return known->second;
    std::vector<int64_t> parts = {static_cast<int64_t>(expr.op()), static_cast<int64_t>(expr.spec().dtype)};
    const auto append = [&parts](absl::Span<const int64_t> numbers) { parts.insert(parts.end(), numbers.begin(), numbers.end()); };
    append(expr.spec().shape);
    append(expr.axes());
    for (const IndexRange& range : expr.region()) append({range.begin, range.end});
    for (const ExprPtr& operand : expr.operands()) parts.push_back(static_cast<int64_t>(Hash(*operand)));
    if (expr.op() == Expr::Op::kRead) {
      parts.push_back(reinterpret_cast<intptr_t>(expr.tensor().source().get()));
      parts.push_back(expr.tensor().offset());
      append(expr.tensor().strides());
    }
    const size_t hash = absl::flat_hash_map<std::vector<int64_t>, int>::hasher()(parts);
    if (expr.op() != Expr::Op::kRead) known_.emplace(&expr, hash);
    return hash;
  }

 private:
  absl::flat_hash_map<const Expr*, size_t> known_;
};

}  // namespace

std::vector<LayoutRow> LayoutRows(const Plan& plan) {
  std::vector<LayoutRow> rows;
  rows.reserve(plan.outputs.size());
  // Rows that are no one's same_as, by the hash of their expression or, where that is taken by another, the next number.
  absl::flat_hash_map<size_t, size_t> firsts;
  Hasher hasher;
  for (const PlannedTensor& output : plan.outputs) {
    std::optional<size_t> same_as;
    // Tensors without elements share nothing.
    const bool has_bytes = Leaves(*output.expr).front()->tensor().byte_size() > 0;
    for (size_t key = hasher.Hash(*output.expr); has_bytes && !same_as.has_value(); ++key) {
      const auto [first, is_new] = firsts.emplace(key, rows.size());
      if (is_new) break;
      if (IsSame(*plan.outputs[first->second].expr, *output.expr)) same_as = first->second;
    }
    rows.push_back({.name = output.name, .spec = output.expr->spec(), .tensor_name = output.tensor_name, .same_as = same_as});
  }
  return rows;
}

}  // namespace weighbridge
