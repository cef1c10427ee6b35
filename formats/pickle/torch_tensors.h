#ifndef WEIGHBRIDGE_FORMATS_PICKLE_TORCH_TENSORS_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_TORCH_TENSORS_H_

#include "absl/status/statusor.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/closed_table.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// What a call of a function of `torch._utils` or `torch._tensor` gives: a tensor (docs/spec/formats.md 2.6, 3.5), or the array that a
// device tensor is kept as. What its hooks and attributes hold lies aside. DataLoss: the arguments are of another number or kind.
// Unimplemented: metadata of an unknown key; attributes that make it another tensor (attributes.h). PermissionDenied: a type that is none
// of tensors.
absl::StatusOr<Value*> RebuildTensor(Arena& arena, const TableRow& function, Arguments arguments);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_TORCH_TENSORS_H_
