#ifndef WEIGHBRIDGE_FORMATS_PICKLE_CLOSED_TABLE_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_CLOSED_TABLE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {

// What a global of the closed table (docs/spec/formats.md 2.6) stands for.
enum class GlobalKind {
  kOrderedDict,
  kDefaultDict,
  kCounter,
  kRebuildTensor,
  kRebuildTensorV2,
  kRebuildTensorV3,
  kRebuildParameter,
  kRebuildParameterWithState,
  kRebuildFromType,
  kRebuildFromDevice,   // A tensor of another device, kept on the CPU.
  kRebuildUnsupported,  // `note` says what kind of tensor it makes.
  kRebuildSparse,
  kStorageType,    // `dtype` of the elements; nothing for untyped ones.
  kQuantizedType,  // A storage type of quantized elements.
  kTensorClass,    // Tensor, Parameter.
  kTensorType,     // Those of old, as FloatTensor: names of element types.
  kTorchDType,     // `dtype`, or nothing for one that is not read.
  kTorchConstant,
  kTorchSize,
  kTorchDevice,
  kTorchLayout,
  kNumpyReconstruct,
  kNumpyFromBuffer,
  kNumpyScalar,
  kNumpyArrayType,
  kNumpyDType,
  kCodecsEncode,
  kBytes,
  kByteArray,
  kSet,
  kFrozenSet,
  kTuple,
  kList,
  kDict,
  kPlainInert,  // complex, slice, int, float.
  kEval,
};

struct TableRow {
  absl::string_view module;  // As Python 3 and today's numpy and torch spell it, whatever the file says.
  absl::string_view name;
  GlobalKind kind;
  std::optional<DType> dtype = std::nullopt;
  absl::string_view note = "";
};

// What NEWOBJ makes of a global, which is cls.__new__ without cls.__init__.
enum class NewObject {
  kRefused,   // It is no class, or none whose objects begin like that.
  kEmpty,     // An empty container, whatever the arguments are.
  kAsCalled,  // What a call makes.
};
NewObject NewObjectOf(GlobalKind kind);

// The row of exactly that module and name, or nullptr: the global is forbidden. Rows live for ever.
const TableRow* FindGlobal(absl::string_view module, absl::string_view name);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_CLOSED_TABLE_H_
