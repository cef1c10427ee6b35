#ifndef WEIGHBRIDGE_FORMATS_TORCH_TORCH_LAYOUT_H_
#define WEIGHBRIDGE_FORMATS_TORCH_TORCH_LAYOUT_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"

namespace weighbridge {

// The bytes that torch.save of PyTorch 1.12 writes for a state dict of those tensors on the CPU (docs/spec/reference_pipeline.md E.2,
// docs/spec/formats.md 3.11): a zip of prefix `archive` with a protocol 2 pickle, one stored member per storage in text order of the keys,
// 64-byte aligned, data descriptors, ZIP64 where sizes or offsets ask for it. Each row has a storage of its own, rows of one tensor share
// one. With `module_versions` the object is an OrderedDict with that `_metadata`, as state_dict() gives it; without, a plain dict. The
// rows' tensor_name is not kept.
//
// InvalidArgument: two rows or two modules have one name, or a text is not UTF-8. Unimplemented, naming the tensor: a dtype without a typed
// storage in PyTorch 1.12 (float8 kinds, unsigned integers but uint8). DataLoss as ByteSize.
absl::StatusOr<Layout> TorchLayout(absl::Span<const LayoutRow> rows, const std::optional<ModuleVersions>& module_versions);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_TORCH_LAYOUT_H_
