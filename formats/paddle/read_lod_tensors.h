#ifndef WEIGHBRIDGE_FORMATS_PADDLE_READ_LOD_TENSORS_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_READ_LOD_TENSORS_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/paddle/variable_names.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The table of a file of LoDTensors, one record after the other (docs/spec/formats.md 9): a .pdiparams, the file of one parameter, or what
// paddle.save(…, use_binary_format=True) writes. Format "pdiparams"; `path` is the source's name; `files` stays empty. Tensors lie in
// `source` itself, in its order; offsets of LoD levels are passed over.
//
// The file holds no names. They come from the first of `names` that knows as many as there are records; why another was not taken is
// remarked. Without, a single tensor has the empty name and several are numbered.
//
// DataLoss: the file breaks its format, or bytes follow the last record. Unimplemented: another version, or a data type that is not read.
// ResourceExhausted: it goes beyond a limit. Otherwise as paddle::ReadVariableNames and ByteSource::ReadAt. Messages begin with
// "reading PATH: ".
absl::StatusOr<Checkpoint> ReadLodTensors(ByteSourcePtr source, absl::Span<const paddle::NameSource> names, const ReadLimits& limits);

// Whether `source` begins as such a file does, rightly or damaged, and as no other format does.
bool LooksLikeLodTensors(const ByteSource& source);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_READ_LOD_TENSORS_H_
