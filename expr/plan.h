#ifndef WEIGHBRIDGE_EXPR_PLAN_H_
#define WEIGHBRIDGE_EXPR_PLAN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

struct Plan;

// What a recipe reads under an id, "vicuna": a checkpoint, or the result of another plan, as if it had been written and opened again.
// Exactly one of the two is set.
struct PlanSource {
  std::string id;
  std::shared_ptr<const Checkpoint> checkpoint = nullptr;
  std::shared_ptr<const Plan> plan = nullptr;
};

// One tensor of the result.
struct PlannedTensor {
  std::string name;
  ExprPtr expr;  // Its spec is the tensor's.
  // For containers that name the tensor itself, by the recipe's naming rule; may be empty.
  std::string tensor_name = "";
  // What the recipe's rule says of it (recipe.proto); empty where it says nothing.
  std::string tolerance = "";
};

// A source tensor that reaches no output, and why.
struct DroppedTensor {
  std::string source;
  std::string name;
  TensorSpec spec;
  std::string reason;
};

// A small file that belongs beside the weights: config.json, tokenizer.model, …
struct Companion {
  CheckpointFile::Role role = CheckpointFile::Role::kConfig;
  std::string name;
  ByteSourcePtr bytes;
};

// A source that was no checkpoint but made by a recipe in the same pass.
struct MadeSource {
  std::string id;
  Recipe recipe;
};

// The second table: what the result holds, in order, and for every source tensor whether it is used or why it is not. A plain value; holds
// the sources that its expressions read.
struct Plan {
  Recipe recipe;  // As it was applied.
  std::vector<PlannedTensor> outputs;
  std::vector<DroppedTensor> dropped;
  int64_t used = 0;  // Source tensors that some output reads, each counted once; used + dropped.size() is all of them.
  // The checkpoints that are read, each with its id; those of a source that is a plan stand in its place.
  std::vector<PlanSource> sources;
  // In the order in which they were inlined.
  std::vector<MadeSource> made_sources;

  // What the recipe states about the result beside its tensors.
  Facts facts;                                    // Of its config.json.
  std::vector<Companion> companions;              // In the order config, generation config, tokenizer.
  std::optional<ModuleVersions> module_versions;  // For torch's containers.
  // What a user should know though it is no error, one sentence each.
  std::vector<std::string> remarks;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXPR_PLAN_H_
