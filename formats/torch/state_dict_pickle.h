#ifndef WEIGHBRIDGE_FORMATS_TORCH_STATE_DICT_PICKLE_H_
#define WEIGHBRIDGE_FORMATS_TORCH_STATE_DICT_PICKLE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// The name of PyTorch's typed storage of that element type: "HalfStorage" (docs/spec/formats.md 3.4); nothing when PyTorch 1.12 has none.
std::optional<absl::string_view> StorageType(DType dtype);

// The pickle data.pkl that torch.save of PyTorch 1.12 makes of an OrderedDict of those tensors with that `_metadata`, or of a plain dict
// (docs/spec/formats.md 3.4, 3.5). Row k is the whole of storage number storages[k], whose key is the number; numbers are given in the
// order of first use. Requires what TorchLayout checks.
std::string PickleStateDict(absl::Span<const LayoutRow> rows, absl::Span<const size_t> storages,
                            const std::optional<ModuleVersions>& module_versions);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_STATE_DICT_PICKLE_H_
