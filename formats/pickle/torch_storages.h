#ifndef WEIGHBRIDGE_FORMATS_PICKLE_TORCH_STORAGES_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_TORCH_STORAGES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/machine_options.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// The storage that a persistent id means (docs/spec/formats.md 3.4, 4.3), or for quantized elements an unsupported tensor. `position` is
// where it stands. DataLoss: the options allow none, or it is not of their form. PermissionDenied: a whole module, naming its class.
// Unimplemented: a storage on "meta", of which torch reads no data; an untyped storage in a legacy file (4.6).
absl::StatusOr<Value*> MakeStorage(Arena& arena, const Value& id, MachineOptions::PersistentIds form, int64_t position);

// What a persistent id of the tar form refers to (docs/spec/formats.md 5.4). DataLoss: it is no text. PermissionDenied: a module, naming
// its class.
absl::StatusOr<Value*> MakeReference(Arena& arena, const Value& id);

// Whether that is the device whose tensors have no data, whatever the file holds.
bool IsMeta(absl::string_view device);

// A tensor that is recognised and not read (Tensor::unsupported).
Value* UnsupportedTensor(Arena& arena, std::string kind);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_TORCH_STORAGES_H_
