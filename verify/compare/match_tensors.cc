#include "verify/compare/match_tensors.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"

namespace weighbridge {
namespace {

// Marks all rows but a longest run of them, in file order, whose places in the plan ascend.
void MarkOutOfOrder(std::vector<MatchedTensor>& rows) {
  std::vector<size_t> ends;  // ends[n]: the row at which a run of n + 1 rows ends that ends at the least place.
  std::vector<size_t> before(rows.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].planned == nullptr) continue;
    rows[i].out_of_order = true;
    const auto place = std::lower_bound(ends.begin(), ends.end(), rows[i].planned_position, [&](size_t row, int64_t planned_position) {
      return rows[row].planned_position < planned_position;
    });
    if (place != ends.begin()) before[i] = *(place - 1);
    if (place == ends.end()) {
      ends.push_back(i);
    } else {
      *place = i;
    }
  }
  for (size_t i = ends.empty() ? rows.size() : ends.back(); i < rows.size(); i = before[i]) rows[i].out_of_order = false;
}

}  // namespace

std::vector<MatchedTensor> MatchTensors(const Plan& plan, const Checkpoint& merged) {
  absl::flat_hash_map<absl::string_view, size_t> planned_positions;
  for (size_t i = 0; i < plan.outputs.size(); ++i) planned_positions.emplace(plan.outputs[i].name, i);

  std::vector<MatchedTensor> actual;
  for (const CheckpointTensor& tensor : merged.tensors()) {
    MatchedTensor row{.actual = &tensor, .actual_position = static_cast<int64_t>(actual.size())};
    if (const auto planned = planned_positions.find(tensor.name); planned != planned_positions.end()) {
      row.planned = &plan.outputs[planned->second];
      row.planned_position = static_cast<int64_t>(planned->second);
    }
    actual.push_back(row);
  }
  if (merged.is_ordered) MarkOutOfOrder(actual);

  // missing[0] come before everything, missing[n + 1] behind the merged checkpoint's tensor n.
  std::vector<std::vector<MatchedTensor>> missing(actual.size() + 1);
  size_t place = 0;
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    if (const CheckpointTensor* stands = merged.Find(plan.outputs[i].name); stands != nullptr) {
      place = static_cast<size_t>(stands - merged.tensors().data()) + 1;
    } else {
      missing[place].push_back({.planned = &plan.outputs[i], .planned_position = static_cast<int64_t>(i)});
    }
  }

  std::vector<MatchedTensor> rows = missing[0];
  for (size_t i = 0; i < actual.size(); ++i) {
    rows.push_back(actual[i]);
    rows.insert(rows.end(), missing[i + 1].begin(), missing[i + 1].end());
  }
  return rows;
}

}  // namespace weighbridge
