#ifndef WEIGHBRIDGE_FORMATS_DIRECTORY_READ_WEIGHTS_H_
#define WEIGHBRIDGE_FORMATS_DIRECTORY_READ_WEIGHTS_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/recognize.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The table of one file of weights of that kind, by the reader of its format, with the file in `files`. A bare pickle is Paddle's. Fails as
// that reader; DataLoss for JSON. Messages begin with "reading PATH: ".
absl::StatusOr<Checkpoint> ReadWeights(FileKind kind, ByteSourcePtr source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_DIRECTORY_READ_WEIGHTS_H_
