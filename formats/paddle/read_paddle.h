#ifndef WEIGHBRIDGE_FORMATS_PADDLE_READ_PADDLE_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_READ_PADDLE_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The table of a .pdparams or .pdopt: a bare pickle, protocol 0 to 5, of a state dict or of any nest of dicts, lists and tuples
// (docs/spec/formats.md 8). Format "pdparams"; `path` is the source's name; `files` stays empty. Tensors stand in the order in which
// paddle.load gives them: a big parameter that was saved in slices comes last. Leaves that are not tensors are not listed.
//
// A tensor has a tensor_name where the name table lists it or its tuple holds one. Arrays of uint16 are bfloat16 wherever Paddle makes
// tensors of them, and uint16 elsewhere (docs/spec/formats.md 8.6). Remarks tell of arrays that the name table does not list and of bytes
// after the pickle.
//
// PermissionDenied, DataLoss, Unimplemented, FailedPrecondition and ResourceExhausted as pickle::RunPickle, pickle::Flatten and
// pickle::StoreArray. DataLoss also when the name table lists a name without an array, when slices are missing, used twice or do not make
// their parameter, and when two tensors have one name. Unimplemented also for arrays of protocol 0, which Paddle never writes. Messages
// begin with "reading PATH: ".
//
// Reads no elements, except that bytes which protocols 1 and 2 spell as text are scanned once (latin1_source.h).
absl::StatusOr<Checkpoint> ReadPaddle(ByteSourcePtr source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_READ_PADDLE_H_
