#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_OPEN_CHECKPOINT_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_OPEN_CHECKPOINT_H_

#include <string>

#include "absl/status/statusor.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// Opens what a user names: a file in any format that is read, a shard index, or a model directory. RecognizeFile tells files apart by
// content, FindCheckpoint picks the checkpoint of a directory, ReadSharded joins what an index names. `path` of the result is the argument.
//
// From the folder of the weights or the index come, where they are: config.json, whose values become facts, generation_config.json, and the
// tokenizer's files, none of which is parsed. `files` holds every file that was opened, in this order: the index, weights, config,
// tokenizer. Of these a link to nowhere is as good as nothing, but a remark.
//
// NotFound or PermissionDenied: the path cannot be opened. DataLoss also when config.json is not valid JSON. Otherwise as FindCheckpoint,
// RecognizeFile, ReadSharded, ReadWeights and ReadFacts. Every message names the file.
absl::StatusOr<Checkpoint> OpenCheckpoint(const std::string& path, const ReadLimits& limits = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_OPEN_CHECKPOINT_H_
