#ifndef WEIGHBRIDGE_FORMATS_NUMPY_READ_NUMPY_H_
#define WEIGHBRIDGE_FORMATS_NUMPY_READ_NUMPY_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// Both readers make the table of what numpy.save and its kin wrote, from headers alone; `path` is the source's name; `files` stays empty.
// Arrays in either order and of either byte order come out as numpy has them. Bytes behind an array are remarked, as numpy ignores them.
//
// DataLoss: the file breaks its format. Unimplemented, naming it: a dtype that is not read (objects, records, texts, times), another
// version. ResourceExhausted: it goes beyond a limit. Otherwise as ByteSource::ReadAt. Messages begin with "reading PATH: ".

// One array (docs/spec/formats.md 7.1), of the empty name; format "npy".
absl::StatusOr<Checkpoint> ReadNpy(ByteSourcePtr source, const ReadLimits& limits);

// A zip archive of such files (docs/spec/formats.md 7.4), each named as its member without ".npy"; format "npz". Unimplemented also when a
// member is something else. Stored arrays lie in `source` itself, and `checksums` states the CRC-32 of their members; of a deflated one the
// header is inflated at once and the rest when it is first read.
absl::StatusOr<Checkpoint> ReadNpz(ByteSourcePtr source, const ReadLimits& limits);

// Whether `source` begins as an .npy file does.
bool LooksLikeNpy(const ByteSource& source);

// Whether `source` begins with the member NAME.npy of a zip archive.
bool LooksLikeNpz(const ByteSource& source);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_NUMPY_READ_NUMPY_H_
