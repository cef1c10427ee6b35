#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_FIND_CHECKPOINT_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_FIND_CHECKPOINT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The file of a folder that stands for its checkpoint.
struct FoundCheckpoint {
  std::string path;                  // Of the weights or of the index.
  std::vector<std::string> remarks;  // As Checkpoint::remarks.
};

// Finds the one complete checkpoint of a folder: a file of weights under a standard name (pytorch_model.bin, model.safetensors,
// model_state.pdparams), or an index (the same and ".index.json") all of whose shards are there. Where there is none of these names, any
// other index or file of a checkpoint's extension counts, but not what trainers leave beside the weights (training_args.bin, optimizer.pt,
// …). Shards that an index names are part of that checkpoint. Files are told apart by name; indexes are read.
//
// FailedPrecondition, naming each: there are several complete checkpoints (a stale model_state.pdparams beside a new pytorch_model.bin is
// one of the reference's traps, reference_pipeline.md H 8), or none, or shards without their index. An index that cannot be read fails as
// ReadShardIndex. NotFound or PermissionDenied when the folder cannot be listed.
absl::StatusOr<FoundCheckpoint> FindCheckpoint(const std::string& folder, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_FIND_CHECKPOINT_H_
