#ifndef WEIGHBRIDGE_VERIFY_COMPARE_MATCH_TENSORS_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_MATCH_TENSORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// What the plan and the merged checkpoint say about one name.
struct MatchedTensor {
  const PlannedTensor* planned = nullptr;    // Null: the plan has no such tensor.
  const CheckpointTensor* actual = nullptr;  // Null: the merged checkpoint has none.
  // Positions in the plan and in the merged checkpoint, from 0; meaningless where the pointer is null.
  int64_t planned_position = 0;
  int64_t actual_position = 0;
  // The tensor does not stand where the plan puts it. As few as possible are out of order: were they moved, the rest would be right. None
  // is where the container sorts its tensors itself (Checkpoint::is_ordered).
  bool out_of_order = false;

  const std::string& name() const { return actual != nullptr ? actual->name : planned->name; }
  // Whether there are elements to compare: both have the tensor, and with the same spec.
  bool is_comparable() const { return planned != nullptr && actual != nullptr && planned->expr->spec() == actual->tensor.spec(); }
};

// One row for every name of either: in file order, missing ones behind the tensor that they should follow. The rows point into the
// arguments.
std::vector<MatchedTensor> MatchTensors(const Plan& plan, const Checkpoint& merged);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_MATCH_TENSORS_H_
