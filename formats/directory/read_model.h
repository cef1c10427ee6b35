#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_READ_MODEL_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_READ_MODEL_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/read_sharded.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The checkpoint of one file, which holds weights or is an index: what OpenCheckpoint(main->name()) gives where the folder holds what
// `open` finds. It asks for the shards that the index names, for config.json and for the other files that belong to a model. So files that
// have no names yet are read as they will be when they are published. A file whose name says that it is a shard or a part of a model is
// read with a remark; uint16 becomes bfloat16 where RestoreBfloat16 says so.
//
// Fails as RecognizeFile, ReadSharded, ReadWeights, ReadFacts and `open`; of config and tokenizer files NotFound and FailedPrecondition (a
// folder of that name) mean that there is none.
absl::StatusOr<Checkpoint> ReadModel(const ByteSourcePtr& main, OpenInFolder open, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_READ_MODEL_H_
