#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_FIND_CHECKPOINT_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_FIND_CHECKPOINT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The file of a folder that stands for its checkpoint.
struct FoundCheckpoint {
  std::string path;                  // Of the weights or of the index.
  std::vector<std::string> remarks;  // As Checkpoint::remarks.
};

// Finds the one complete checkpoint of a folder: a file of weights, or an index all of whose shards are there, by the names that RoleOf
// knows (file_role.h). Standard names come first, then their variants ("model.fp16.safetensors") and diffusion_pytorch_model, as
// transformers and diffusers look for them; where the folder has none of these names, any other index or file of weights counts. So an
// adapter beside the merged model, Mistral's consolidated.safetensors beside the index, and a variant beside the plain one are passed
// over. What trainers leave, hidden files, empty files and links to nowhere are not checkpoints. Shards that an index names are part of
// that checkpoint. Files are told apart by name; indexes are read.
//
// FailedPrecondition, naming each: there are several complete checkpoints (a stale model_state.pdparams beside a new pytorch_model.bin is
// one of the reference's traps, docs/spec/reference_pipeline.md H.8), or the parts of one that was cut for several devices, or none, or
// shards without their index. Unimplemented: the folder is a checkpoint of torch.distributed.checkpoint. An index that cannot be read fails
// as ReadShardIndex. NotFound or PermissionDenied when the folder cannot be listed.
absl::StatusOr<FoundCheckpoint> FindCheckpoint(const std::string& folder, const ReadLimits& limits);

// The names of a folder's files that IsStandardWeights knows, sorted; none where it cannot be listed.
std::vector<std::string> ListStandardWeights(const std::string& folder);

// The names of a folder's files that a program which loads a model from it may take for weights beside those of `known` or in their place,
// sorted: those that IsStandardWeights knows, and where none of `known` is one, all weights, indexes and shards. Fails as FindCheckpoint
// does when the folder cannot be listed.
absl::StatusOr<std::vector<std::string>> FindOtherWeights(const std::string& folder, absl::Span<const std::string> known);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_FIND_CHECKPOINT_H_
