#ifndef WEIGHBRIDGE_FORMATS_TORCH_ADD_TENSORS_H_
#define WEIGHBRIDGE_FORMATS_TORCH_ADD_TENSORS_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {

// Finds the bytes of the storage that a persistent id names: exactly numel × width bytes, little-endian. A legacy view is left to the
// caller: these are the bytes of its root.
using StorageFinder = absl::FunctionRef<absl::StatusOr<SourceRange>(const pickle::Storage&)>;

// A tensor whose first element is element `first_element` of a storage, inside that storage's bytes. DataLoss: it reaches beyond them, or
// otherwise as StoredTensor::Create.
absl::StatusOr<StoredTensor> InsideStorage(TensorSpec spec, const SourceRange& storage, int64_t first_element,
                                           std::vector<int64_t> strides);

// Appends what is found below the root of `document`, in its order: tensors, bare storages as tensors of one axis (untyped ones as uint8),
// numpy arrays; what lies aside goes to `unlisted`, and the work is added up. `pickle_source` holds the pickle. Every tensor is proved to
// lie inside its storage (docs/spec/formats.md 3.5).
//
// DataLoss: a tensor does not, or two have one name. Unimplemented: a tensor is of a kind that is not read. Both name the tensor. Otherwise
// as pickle::Flatten and `find_storage`.
absl::Status AddTensors(const pickle::Document& document, const ByteSourcePtr& pickle_source, StorageFinder find_storage,
                        const ReadLimits& limits, Checkpoint& checkpoint);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TORCH_ADD_TENSORS_H_
