#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_SHARD_INDEX_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_SHARD_INDEX_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/read_limits.h"

namespace weighbridge {

// What an index file says (docs/spec/formats.md 10.1).
struct ShardIndex {
  std::map<std::string, std::string> shard_of;  // From tensor names.
  std::set<std::string> shards;                 // The values of shard_of: plain names of files in the index's folder.
  // Bytes of all tensors; nothing when it is absent or no number. A double, for that is how some writers write it.
  std::optional<double> total_size;
};

// Parses and checks an index. Opens no other file: afterwards each shard name is one component of a path and not the index's own name.
//
// DataLoss: it is not valid JSON, has a key twice, has no weight_map that is an object of texts, or names something else than a plain
// file. ResourceExhausted: it goes beyond limits.json_bytes or limits.nesting. Otherwise as ByteSource::ReadAt. Messages begin with
// "reading PATH: ".
absl::StatusOr<ShardIndex> ReadShardIndex(const ByteSource& source, const ReadLimits& limits);

// The bytes of an index as Python's json.dumps(…, indent=2) writes it, and a newline: metadata with total_size, then weight_map, the pairs
// of tensor and shard in the given order. InvalidArgument when a tensor occurs twice or a text is not UTF-8.
absl::StatusOr<std::string> WriteShardIndex(int64_t total_size, absl::Span<const std::pair<std::string, std::string>> weight_map);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_SHARD_INDEX_H_
