#ifndef WEIGHBRIDGE_FORMATS_TORCH_READ_TORCH_H_
#define WEIGHBRIDGE_FORMATS_TORCH_READ_TORCH_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// Both readers make the table of a file that torch.save wrote: every tensor, bare storage and numpy array of the object, flattened by
// docs/spec/formats.md 2.11; other leaves are not listed. `module_versions` is what module_versions.h finds in the object's `_metadata`.
// `path` is the source's name; `files` stays empty, for who opened the file knows its role.
//
// DataLoss: the file breaks its format. Unimplemented: it is well-formed and of a kind that is not read (TorchScript, an .npz, a sparse or
// quantized tensor); the message names the kind. PermissionDenied: its pickle names a global outside the table of docs/spec/formats.md 2.6.
// FailedPrecondition: what was saved is not a container of tensors. ResourceExhausted: it goes beyond a limit. Otherwise as
// ByteSource::ReadAt. Messages begin with "reading PATH: ".
//
// Where it is said that tensors lie in `source` itself, those are excepted whose numbers must be decoded: big-endian ones, those with a
// conj or neg bit, and arrays in a deflated pickle or spelled as text.

// The zip form, since 1.5 (docs/spec/formats.md 3); format "torch_zip". Any zip archive may be given: what it is is decided by its members.
// Tensors in stored records lie in `source` itself, and `checksums` states the CRC-32 of every stored record; a deflated record is inflated
// when it is first read, into a nameless temporary file, and its CRC-32 is checked there.
absl::StatusOr<Checkpoint> ReadTorchZip(ByteSourcePtr source, const ReadLimits& limits);

// The stream of five pickles and raw storages, before 1.6 (docs/spec/formats.md 4); format "torch_legacy". Unimplemented also when the
// magic number or the protocol version is another. Tensors lie in `source` itself.
absl::StatusOr<Checkpoint> ReadTorchLegacy(ByteSourcePtr source, const ReadLimits& limits);

// Whether `source` begins as every zip archive with a member does.
bool LooksLikeZip(const ByteSource& source);

// Whether `source` begins with the pickle of torch's magic number, of any protocol (docs/spec/formats.md 4.2).
bool LooksLikeTorchLegacy(const ByteSource& source);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_READ_TORCH_H_
