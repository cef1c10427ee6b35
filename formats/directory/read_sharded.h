#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_READ_SHARDED_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_READ_SHARDED_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The table of all shards of an index, which are opened beside it (formats.md 10); format "index". Tensors stand shard by shard, shards
// sorted by name, each in its file's order; metadata is what all shards agree on; `files` holds the index, then the shards. A total_size
// that differs is a remark.
//
// DataLoss: a shard is not there, or index and shards do not name the same tensors, each once. Otherwise as ReadShardIndex, OpenFile,
// RecognizeFile and ReadWeights. Messages begin with "reading PATH: ", the path of the index or of the shard.
absl::StatusOr<Checkpoint> ReadSharded(const ByteSourcePtr& index_source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_READ_SHARDED_H_
