#ifndef WEIGHBRIDGE_FORMATS_TORCH_READ_TORCH_TAR_H_
#define WEIGHBRIDGE_FORMATS_TORCH_READ_TORCH_TAR_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/read_limits.h"

namespace weighbridge {

// The table of a file that torch.save wrote before 0.2: a tar archive of the members storages, tensors and pickle (docs/spec/formats.md 5);
// format "torch_tar". Tensors lie in `source` itself. As ReadTorchLegacy (read_torch.h) in all else.
//
// Unimplemented also when the archive has none of these members; DataLoss, naming it, when it lacks one.
absl::StatusOr<Checkpoint> ReadTorchTar(ByteSourcePtr source, const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_READ_TORCH_TAR_H_
