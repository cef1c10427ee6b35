#ifndef WEIGHBRIDGE_VERIFY_COMPARE_MATCH_TENSORS_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_MATCH_TENSORS_H_

#include <cstdint>
#include <vector>

#include "expr/plan.h"
#include "formats/checkpoint.h"

namespace weighbridge {

// What a plan and a file say about one name.
struct MatchedTensor {
  const PlannedTensor* planned = nullptr;   // Null: the plan has no such tensor.
  const CheckpointTensor* found = nullptr;  // Null: the file has none.
  // Places in the plan and in the file, from 0; meaningless where the pointer is null.
  int64_t planned_position = 0;
  int64_t found_position = 0;
  // The tensor does not stand where the plan puts it. As few as possible are out of order: were they moved, the rest would be right. None
  // is where the container sorts its tensors itself (Checkpoint::is_ordered).
  bool out_of_order = false;
};

// One row for every name of either: in file order, missing ones behind the tensor that they should follow. The pointers point into the
// arguments.
std::vector<MatchedTensor> MatchTensors(const Plan& plan, const Checkpoint& merged);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_MATCH_TENSORS_H_
