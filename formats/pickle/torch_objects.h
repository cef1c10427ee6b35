#ifndef WEIGHBRIDGE_FORMATS_PICKLE_TORCH_OBJECTS_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_TORCH_OBJECTS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/closed_table.h"
#include "formats/pickle/machine_options.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// The storage that a persistent id means (formats.md 3.4, 4.3), or for quantized elements an unsupported tensor. `position` is where it
// stands. DataLoss: the options allow none, or it is not of their form. PermissionDenied: a whole module, naming its class. Unimplemented:
// an untyped storage in a legacy file (4.6).
absl::StatusOr<Value*> MakeStorage(Arena& arena, const Value& id, MachineOptions::PersistentIds form, int64_t position);

// What a persistent id of the tar form refers to (formats.md 5.4). DataLoss: it is no text. PermissionDenied: a module, naming its class.
absl::StatusOr<Value*> MakeReference(Arena& arena, const Value& id);

// What a call of a function of `torch._utils` or `torch._tensor` gives: a tensor (formats.md 2.6, 3.5). DataLoss: the arguments are of
// another number or kind. Unimplemented: metadata of an unknown key. PermissionDenied: a type that is none of tensors.
absl::StatusOr<Value*> RebuildTensor(Arena& arena, const TableRow& function, Arguments arguments);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_TORCH_OBJECTS_H_
