#ifndef WEIGHBRIDGE_FORMATS_TORCH_TORCH_DIALECT_H_
#define WEIGHBRIDGE_FORMATS_TORCH_TORCH_DIALECT_H_

#include "formats/pickle/machine_options.h"
#include "formats/read_limits.h"

namespace weighbridge {

// How the pickles of torch's files are run. They may name what Python, numpy and torch do (docs/spec/formats.md 2.6): torch.save puts
// numpy's arrays and numbers beside its tensors.

// Without persistent ids: what stands around the object in a legacy or tar file.
pickle::MachineOptions TorchOptions(const ReadLimits& limits);

// data.pkl of a zip file (docs/spec/formats.md 3.4), the object of a legacy file (4.3) and of a tar file (5.4).
pickle::MachineOptions TorchZipOptions(const ReadLimits& limits);
pickle::MachineOptions TorchLegacyOptions(const ReadLimits& limits);
pickle::MachineOptions TorchTarOptions(const ReadLimits& limits);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_TORCH_DIALECT_H_
