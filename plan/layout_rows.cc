#include "plan/layout_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "formats/bytes/byte_source.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"
#include "plan/expr.h"
#include "plan/plan.h"

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

}  // namespace

std::vector<LayoutRow> LayoutRows(const Plan& plan) {
  std::vector<LayoutRow> rows;
  rows.reserve(plan.outputs.size());
  // Rows that are no one's same_as, by the place of the first stored byte that they read.
  absl::flat_hash_map<std::pair<const ByteSource*, int64_t>, std::vector<size_t>> firsts;
  for (const PlannedTensor& output : plan.outputs) {
    const StoredTensor& stored = Leaves(*output.expr).front()->tensor();
    std::vector<size_t>& candidates = firsts[{stored.source().get(), stored.offset()}];
    const auto same = std::find_if(candidates.begin(), candidates.end(),
                                   [&](size_t row) { return stored.byte_size() > 0 && IsSame(*plan.outputs[row].expr, *output.expr); });
    std::optional<size_t> same_as;
    if (same != candidates.end()) {
      same_as = *same;
    } else {
      candidates.push_back(rows.size());
    }
    rows.push_back({.name = output.name, .spec = output.expr->spec(), .tensor_name = output.tensor_name, .same_as = same_as});
  }
  return rows;
}

}  // namespace weighbridge
