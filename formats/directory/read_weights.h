#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_READ_WEIGHTS_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_READ_WEIGHTS_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/recognize.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The table of one file of weights of that kind, by the reader of its format, with the file in `files`, and behind it those beside it that
// know the names of its tensors (name_sources.h). A bare pickle is Paddle's. Fails as that reader; DataLoss for JSON; ResourceExhausted,
// naming the tensor, when tensors that repeat their elements have more than limits.expanded_bytes together. Messages begin with "reading
// PATH: ".
absl::StatusOr<Checkpoint> ReadWeights(FileKind kind, ByteSourcePtr source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_READ_WEIGHTS_H_
