#ifndef WEIGHBRIDGE_PLAN_PLAN_H_
#define WEIGHBRIDGE_PLAN_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "plan/expr.h"

namespace weighbridge {

// A checkpoint under the id that a recipe knows it by: "vicuna".
struct PlanSource {
  std::string id;
  std::shared_ptr<const Checkpoint> checkpoint;
};

// One tensor of the result.
struct PlannedTensor {
  std::string name;
  ExprPtr expr;  // Its spec is the tensor's.
  // For containers that name the tensor itself, by the recipe's naming rule; may be empty.
  std::string tensor_name;
};

// A source tensor that reaches no output, and why.
struct DroppedTensor {
  std::string source;
  std::string name;
  TensorSpec spec;
  std::string reason;
};

// The second table: what the result holds, in order, and for every source tensor whether it is used or why it is not. A plain value; holds
// the sources that its expressions read.
struct Plan {
  std::vector<PlannedTensor> outputs;
  std::vector<DroppedTensor> dropped;
  int64_t used = 0;  // Source tensors that some output reads, each counted once; used + dropped.size() is all of them.
  std::vector<PlanSource> sources;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_PLAN_PLAN_H_
