#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_FILE_ROLE_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_FILE_ROLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge {

// What the name of a file says of its role in a model's folder, by the customs of the libraries that write such folders. No file is looked
// at, and a user who names a file has it read whatever its role is.
struct FileRole {
  enum class Kind {
    kNone,          // No weights: config.json, README.md; whatever begins with "." ("._model.safetensors" of macOS, our own ".NAME.…").
    kWeights,       // model.safetensors, model.fp16.safetensors, inference.pdiparams.
    kIndex,         // model.safetensors.index.json, model.safetensors.index.fp16.json.
    kShard,         // model-00001-of-00002.safetensors: some of the tensors; an index names all of its kind.
    kTrainerState,  // What training needs to go on: optimizer.pt, rng_state_0.pth, master_weights.safetensors.index.json.
    kDistributed,   // __0_0.distcp, of torch.distributed.checkpoint.
  };
  // Of weights and indexes, the better the smaller. The libraries that read a folder look for these names in this order.
  enum class Rank {
    kStandard,   // pytorch_model.bin, model.safetensors, model_state.pdparams.
    kModel,      // Their variants (model.fp16.safetensors); diffusion_pytorch_model.safetensors.
    kVariant,    // diffusion_pytorch_model.fp16.safetensors.
    kOtherName,  // adapter_model.safetensors, consolidated.safetensors, and any other.
  };

  Kind kind = Kind::kNone;
  Rank rank = Rank::kOtherName;

  // Of a shard: "00001-of-00002".
  std::string shard = "";

  // Of weights that may be a part of a model that was cut for several devices, a slice of each tensor or some of the layers in each file
  // (consolidated.00.pth, mp_rank_00_model_states.pt, model_state.tp00.pdparams): the name with "*" for the number, the same for all parts;
  // otherwise empty.
  std::string part_of = "";
  int part = 0;                 // The number.
  bool is_surely_part = false;  // The name tells that there are several: another number than 0, or how many there are.
  std::string next_part = "";   // The name of the part with the next number.
};

FileRole RoleOf(absl::string_view name);

// Whether files of such names make up the folder's checkpoint or a shard of it, in whatever format, as the libraries see it: standard names
// of weights, indexes and shards, not their variants.
bool IsStandardWeights(absl::string_view name);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_FILE_ROLE_H_
