#include "formats/pickle/closed_table.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace weighbridge::pickle {
namespace {

using Kind = GlobalKind;

constexpr TableRow kRows[] = {
    {"collections", "OrderedDict", Kind::kOrderedDict},
    {"collections", "defaultdict", Kind::kDefaultDict},
    {"collections", "Counter", Kind::kCounter},

    {"torch._utils", "_rebuild_tensor", Kind::kRebuildTensor},
    {"torch._utils", "_rebuild_tensor_v2", Kind::kRebuildTensorV2},
    {"torch._utils", "_rebuild_tensor_v3", Kind::kRebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", Kind::kRebuildParameter},
    {"torch._utils", "_rebuild_parameter_with_state", Kind::kRebuildParameterWithState},
    {"torch._tensor", "_rebuild_from_type_v2", Kind::kRebuildFromType},
    {"torch._utils", "_rebuild_sparse_tensor", Kind::kRebuildSparse},
    {"torch._utils", "_rebuild_qtensor", Kind::kRebuildUnsupported, {}, "a quantized tensor"},
    {"torch._utils", "_rebuild_meta_tensor_no_storage", Kind::kRebuildUnsupported, {}, "a meta tensor without data"},
    {"torch._utils", "_rebuild_wrapper_subclass", Kind::kRebuildUnsupported, {}, "a wrapper subclass tensor without data"},
    {"torch._utils", "_rebuild_nested_tensor", Kind::kRebuildUnsupported, {}, "a nested tensor"},
    {"torch._utils", "_rebuild_device_tensor_from_numpy", Kind::kRebuildFromDevice},
    {"torch._utils", "_rebuild_xla_tensor", Kind::kRebuildFromDevice},
    {"torch._utils", "_rebuild_device_tensor_from_cpu_tensor", Kind::kRebuildFromDevice},

    {"torch", "FloatStorage", Kind::kStorageType, DType::kFloat32},
    {"torch", "DoubleStorage", Kind::kStorageType, DType::kFloat64},
    {"torch", "HalfStorage", Kind::kStorageType, DType::kFloat16},
    {"torch", "BFloat16Storage", Kind::kStorageType, DType::kBfloat16},
    {"torch", "ComplexFloatStorage", Kind::kStorageType, DType::kComplex64},
    {"torch", "ComplexDoubleStorage", Kind::kStorageType, DType::kComplex128},
    {"torch", "ByteStorage", Kind::kStorageType, DType::kUint8},
    {"torch", "CharStorage", Kind::kStorageType, DType::kInt8},
    {"torch", "ShortStorage", Kind::kStorageType, DType::kInt16},
    {"torch", "IntStorage", Kind::kStorageType, DType::kInt32},
    {"torch", "LongStorage", Kind::kStorageType, DType::kInt64},
    {"torch", "BoolStorage", Kind::kStorageType, DType::kBool},
    {"torch.storage", "UntypedStorage", Kind::kStorageType},
    {"torch", "QInt8Storage", Kind::kQuantizedType},
    {"torch", "QUInt8Storage", Kind::kQuantizedType},
    {"torch", "QInt32Storage", Kind::kQuantizedType},
    {"torch", "QUInt4x2Storage", Kind::kQuantizedType},
    {"torch", "QUInt2x4Storage", Kind::kQuantizedType},

    {"torch", "Tensor", Kind::kTensorClass},
    {"torch", "FloatTensor", Kind::kTensorType},
    {"torch", "DoubleTensor", Kind::kTensorType},
    {"torch", "HalfTensor", Kind::kTensorType},
    {"torch", "BFloat16Tensor", Kind::kTensorType},
    {"torch", "ByteTensor", Kind::kTensorType},
    {"torch", "CharTensor", Kind::kTensorType},
    {"torch", "ShortTensor", Kind::kTensorType},
    {"torch", "IntTensor", Kind::kTensorType},
    {"torch", "LongTensor", Kind::kTensorType},
    {"torch", "BoolTensor", Kind::kTensorType},
    {"torch.nn.parameter", "Parameter", Kind::kTensorClass},

    {"torch", "bool", Kind::kTorchDType, DType::kBool},
    {"torch", "uint8", Kind::kTorchDType, DType::kUint8},
    {"torch", "int8", Kind::kTorchDType, DType::kInt8},
    {"torch", "uint16", Kind::kTorchDType, DType::kUint16},
    {"torch", "int16", Kind::kTorchDType, DType::kInt16},
    {"torch", "uint32", Kind::kTorchDType, DType::kUint32},
    {"torch", "int32", Kind::kTorchDType, DType::kInt32},
    {"torch", "uint64", Kind::kTorchDType, DType::kUint64},
    {"torch", "int64", Kind::kTorchDType, DType::kInt64},
    {"torch", "float8_e4m3fn", Kind::kTorchDType, DType::kFloat8E4M3Fn},
    {"torch", "float8_e4m3fnuz", Kind::kTorchDType, DType::kFloat8E4M3FnUz},
    {"torch", "float8_e5m2", Kind::kTorchDType, DType::kFloat8E5M2},
    {"torch", "float8_e5m2fnuz", Kind::kTorchDType, DType::kFloat8E5M2FnUz},
    {"torch", "float8_e8m0fnu", Kind::kTorchDType, DType::kFloat8E8M0Fnu},
    {"torch", "float16", Kind::kTorchDType, DType::kFloat16},
    {"torch", "bfloat16", Kind::kTorchDType, DType::kBfloat16},
    {"torch", "float32", Kind::kTorchDType, DType::kFloat32},
    {"torch", "float64", Kind::kTorchDType, DType::kFloat64},
    {"torch", "complex64", Kind::kTorchDType, DType::kComplex64},
    {"torch", "complex128", Kind::kTorchDType, DType::kComplex128},
    {"torch", "complex32", Kind::kTorchDType},
    {"torch", "float4_e2m1fn_x2", Kind::kTorchDType},
    {"torch", "qint8", Kind::kTorchDType},
    {"torch", "quint8", Kind::kTorchDType},
    {"torch", "qint32", Kind::kTorchDType},
    {"torch", "quint4x2", Kind::kTorchDType},
    {"torch", "quint2x4", Kind::kTorchDType},

    {"torch", "Size", Kind::kTorchSize},
    {"torch", "device", Kind::kTorchDevice},
    {"torch.serialization", "_get_layout", Kind::kTorchLayout},
    {"torch", "per_tensor_affine", Kind::kTorchConstant},
    {"torch", "per_channel_affine", Kind::kTorchConstant},
    {"torch", "per_tensor_symmetric", Kind::kTorchConstant},
    {"torch", "per_channel_symmetric", Kind::kTorchConstant},
    {"torch", "per_channel_affine_float_qparams", Kind::kTorchConstant},

    {"numpy._core.multiarray", "_reconstruct", Kind::kNumpyReconstruct},
    {"numpy._core.multiarray", "scalar", Kind::kNumpyScalar},
    {"numpy._core.numeric", "_frombuffer", Kind::kNumpyFromBuffer},
    {"numpy", "ndarray", Kind::kNumpyArrayType},
    {"numpy", "dtype", Kind::kNumpyDType},

    {"_codecs", "encode", Kind::kCodecsEncode},
    {"builtins", "bytes", Kind::kBytes},
    {"builtins", "bytearray", Kind::kByteArray},
    {"builtins", "set", Kind::kSet},
    {"builtins", "frozenset", Kind::kFrozenSet},
    {"builtins", "tuple", Kind::kTuple},
    {"builtins", "list", Kind::kList},
    {"builtins", "dict", Kind::kDict},
    {"builtins", "complex", Kind::kPlainInert},
    {"builtins", "slice", Kind::kPlainInert},
    {"builtins", "int", Kind::kPlainInert},
    {"builtins", "float", Kind::kPlainInert},
    {"builtins", "eval", Kind::kEval},
};

// Names of one thing in other releases.
struct Alias {
  absl::string_view module;
  absl::string_view name;  // Empty: every name of the module.
  absl::string_view today_module;
  absl::string_view today_name;
};

constexpr Alias kAliases[] = {
    {"__builtin__", "", "builtins", ""},
    {"numpy.core.multiarray", "", "numpy._core.multiarray", ""},
    {"numpy.core.numeric", "", "numpy._core.numeric", ""},
    {"torch.tensor", "_rebuild_from_type_v2", "torch._tensor", "_rebuild_from_type_v2"},
    {"torch", "UntypedStorage", "torch.storage", "UntypedStorage"},
    {"torch.storage", "_UntypedStorage", "torch.storage", "UntypedStorage"},
};

using Key = std::pair<absl::string_view, absl::string_view>;

}  // namespace

NewObject NewObjectOf(GlobalKind kind) {
  switch (kind) {
    case Kind::kOrderedDict:
    case Kind::kDefaultDict:
    case Kind::kCounter:
    case Kind::kDict:
    case Kind::kList:
    case Kind::kSet:
    case Kind::kByteArray:
      return NewObject::kEmpty;
    case Kind::kTuple:
    case Kind::kFrozenSet:
    case Kind::kBytes:
    case Kind::kTorchSize:
    case Kind::kTorchDevice:
    case Kind::kNumpyDType:
    case Kind::kPlainInert:
      return NewObject::kAsCalled;
    default:
      return NewObject::kRefused;
  }
}

const TableRow* FindGlobal(absl::string_view module, absl::string_view name) {
  static const auto* const kTable = [] {
    auto* table = new absl::flat_hash_map<Key, const TableRow*>();
    for (const TableRow& row : kRows) table->emplace(Key(row.module, row.name), &row);
    return table;
  }();
  Key key(module, name);
  for (const Alias& alias : kAliases) {
    if (alias.module != module || (!alias.name.empty() && alias.name != name)) continue;
    key = Key(alias.today_module, alias.name.empty() ? name : alias.today_name);
    break;
  }
  const auto row = kTable->find(key);
  return row == kTable->end() ? nullptr : row->second;
}

}  // namespace weighbridge::pickle
