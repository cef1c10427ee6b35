#ifndef WEIGHBRIDGE_FORMATS_TORCH_TORCH_TENSORS_H_
#define WEIGHBRIDGE_FORMATS_TORCH_TORCH_TENSORS_H_

#include "absl/status/statusor.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// What a call of a function of `torch._utils` or `torch._tensor` gives: a tensor (docs/spec/formats.md 2.6, 3.5), or the array that a
// device tensor is kept as. What its hooks and attributes hold lies aside. DataLoss: the arguments are of another number or kind.
// Unimplemented: metadata of an unknown key; attributes that make it another tensor (attributes.h). PermissionDenied: a type that is not
// one of tensors.
absl::StatusOr<Value*> RebuildTensor(Arena& arena, const TableRow& function, Arguments arguments);

// Those functions.
inline constexpr GlobalKind kRebuildTensor = {.call = RebuildTensor};
inline constexpr GlobalKind kRebuildTensorV2 = {.call = RebuildTensor};
inline constexpr GlobalKind kRebuildTensorV3 = {.call = RebuildTensor};
inline constexpr GlobalKind kRebuildParameter = {.call = RebuildTensor};
inline constexpr GlobalKind kRebuildParameterWithState = {.call = RebuildTensor};
inline constexpr GlobalKind kRebuildFromType = {.call = RebuildTensor};
inline constexpr GlobalKind kRebuildFromDevice = {.call = RebuildTensor};   // A tensor of another device, kept on the CPU.
inline constexpr GlobalKind kRebuildUnsupported = {.call = RebuildTensor};  // The row's note says what kind of tensor it makes.
inline constexpr GlobalKind kRebuildSparse = {.call = RebuildTensor};

// Their arguments that are only named: the classes Tensor and Parameter; element types, with a dtype or nothing for one that is not read.
inline constexpr GlobalKind kTensorClass = {};
inline constexpr GlobalKind kTorchDType = {.is_constant = true};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_TORCH_TORCH_TENSORS_H_
