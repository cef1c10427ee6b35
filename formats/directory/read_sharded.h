#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_READ_SHARDED_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_READ_SHARDED_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// Opens the file of that name, one component of a path, in a folder that the caller knows. NotFound when there is none.
using OpenInFolder = absl::FunctionRef<absl::StatusOr<ByteSourcePtr>(const std::string& name)>;

// The table of all shards of an index (docs/spec/formats.md 10), which `open` finds in the folder of the index; format "index". Tensors
// stand shard by shard, shards sorted by name, each in its file's order, which means something if it does in every shard; metadata is what
// any shard states and none contradicts; `files` holds the index, then the shards. A total_size that differs is a remark, and so is
// metadata that does.
//
// DataLoss: a shard is not there, or index and shards do not name the same tensors, each once. Otherwise as ReadShardIndex, `open`,
// RecognizeFile and ReadWeights. Messages begin with "reading PATH: ", the path of the index or of the shard.
absl::StatusOr<Checkpoint> ReadSharded(const ByteSourcePtr& index_source, OpenInFolder open, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_READ_SHARDED_H_
