#ifndef WEIGHBRIDGE_FORMATS_SAFETENSORS_READ_SAFETENSORS_H_
#define WEIGHBRIDGE_FORMATS_SAFETENSORS_READ_SAFETENSORS_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The table of a safetensors file (docs/spec/formats.md 6); format "safetensors", `metadata` its __metadata__. Tensors stand by the offset
// of their data, tensors without elements before one that begins where they stand, and those among each other in the header's order;
// is_ordered is false, for the library that writes such a file sorts it. All lie in `source` itself. `path` is the source's name; `files`
// stays empty, for who opened the file knows its role.
//
// DataLoss: the file breaks the format, which leaves no byte of it unexplained: header and data cover it exactly, each byte once.
// Unimplemented: a dtype that is not read, by name. ResourceExhausted: the header goes beyond limits.json_bytes or limits.nesting.
// Otherwise as ByteSource::ReadAt. Messages begin with "reading PATH: ". A U16 that stands for a bfloat16 is not guessed, and unknown
// fields of a tensor are passed over as the reference does.
absl::StatusOr<Checkpoint> ReadSafetensors(ByteSourcePtr source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_SAFETENSORS_READ_SAFETENSORS_H_
