#include "formats/torch/torch_dialect.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/numpy/numpy_dialect.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/inert_values.h"
#include "formats/pickle/text.h"
#include "formats/pickle/value.h"
#include "formats/tensor_spec.h"
#include "formats/torch/torch_storages.h"
#include "formats/torch/torch_tensors.h"

namespace weighbridge {
namespace pickle {
namespace {

// torch.Size((…)): of integers.
absl::StatusOr<Value*> SizeOf(Arena& arena, const TableRow& /*function*/, Arguments arguments) {
  if (arguments.empty()) return arena.New(Tuple());
  RETURN_IF_ERROR(IntegersOf(*arguments[0], "a torch.Size").status());
  if (arguments.size() == 1) return arena.Again(arguments[0]);
  return absl::UnimplementedError(absl::StrCat("Size of ", Describe(*arguments[0]), " is not read"));
}

// torch.device("cuda"), torch.device("cuda:1"), torch.device("cuda", 1). Which devices there are depends on the build of torch.
absl::Status CheckDeviceName(Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 1, 2));
  const Text* name = arguments[0]->As<Text>();
  constexpr size_t kMostBytes = 100;
  if (name == nullptr || name->utf8.empty() || name->utf8.size() > kMostBytes) return InPlaceOf(*arguments[0], "a device's name");
  return arguments.size() == 1 ? absl::OkStatus() : IntegerOf(*arguments[1], "a device's index").status();
}

absl::Status CheckLayoutName(Arguments arguments) {
  constexpr absl::string_view kLayouts[] = {"torch.strided",    "torch.sparse_coo", "torch.sparse_csr", "torch.sparse_csc",
                                            "torch.sparse_bsr", "torch.sparse_bsc", "torch._mkldnn",    "torch.jagged"};
  RETURN_IF_ERROR(CheckCount(arguments, 1, 1));
  const Text* name = arguments[0]->As<Text>();
  const bool is_known = name != nullptr && std::find(std::begin(kLayouts), std::end(kLayouts), name->utf8) != std::end(kLayouts);
  return is_known ? absl::OkStatus() : InPlaceOf(*arguments[0], "a layout's name");
}

absl::StatusOr<Value*> DeviceOf(Arena& arena, const TableRow& function, Arguments arguments) {
  RETURN_IF_ERROR(CheckDeviceName(arguments));
  return MakeInert(arena, function, arguments, absl::StrCat(NameOf(function), " ", Escape(arguments[0]->As<Text>()->utf8)));
}

absl::StatusOr<Value*> LayoutOf(Arena& arena, const TableRow& function, Arguments arguments) {
  RETURN_IF_ERROR(CheckLayoutName(arguments));
  return MakeInert(arena, function, arguments, arguments[0]->As<Text>()->utf8);
}

constexpr GlobalKind kTensorType = {};  // Those of old, as FloatTensor: names of element types.
constexpr GlobalKind kTorchConstant = {.is_constant = true};
constexpr GlobalKind kTorchSize = {.call = SizeOf, .new_object = NewObject::kAsCalled};
constexpr GlobalKind kTorchDevice = {.call = DeviceOf, .new_object = NewObject::kAsCalled};
constexpr GlobalKind kTorchLayout = {.call = LayoutOf};

constexpr TableRow kRows[] = {
    {"torch._utils", "_rebuild_tensor", &kRebuildTensor},
    {"torch._utils", "_rebuild_tensor_v2", &kRebuildTensorV2},
    {"torch._utils", "_rebuild_tensor_v3", &kRebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", &kRebuildParameter},
    {"torch._utils", "_rebuild_parameter_with_state", &kRebuildParameterWithState},
    {"torch._tensor", "_rebuild_from_type_v2", &kRebuildFromType},
    {"torch._utils", "_rebuild_sparse_tensor", &kRebuildSparse},
    {"torch._utils", "_rebuild_qtensor", &kRebuildUnsupported, {}, "a quantized tensor"},
    {"torch._utils", "_rebuild_meta_tensor_no_storage", &kRebuildUnsupported, {}, "a meta tensor without data"},
    {"torch._utils", "_rebuild_wrapper_subclass", &kRebuildUnsupported, {}, "a wrapper subclass tensor without data"},
    {"torch._utils", "_rebuild_nested_tensor", &kRebuildUnsupported, {}, "a nested tensor"},
    {"torch._utils", "_rebuild_device_tensor_from_numpy", &kRebuildFromDevice},
    {"torch._utils", "_rebuild_xla_tensor", &kRebuildFromDevice},
    {"torch._utils", "_rebuild_device_tensor_from_cpu_tensor", &kRebuildFromDevice},

    {"torch", "FloatStorage", &kStorageType, DType::kFloat32},
    {"torch", "DoubleStorage", &kStorageType, DType::kFloat64},
    {"torch", "HalfStorage", &kStorageType, DType::kFloat16},
    {"torch", "BFloat16Storage", &kStorageType, DType::kBfloat16},
    {"torch", "ComplexFloatStorage", &kStorageType, DType::kComplex64},
    {"torch", "ComplexDoubleStorage", &kStorageType, DType::kComplex128},
    {"torch", "ByteStorage", &kStorageType, DType::kUint8},
    {"torch", "CharStorage", &kStorageType, DType::kInt8},
    {"torch", "ShortStorage", &kStorageType, DType::kInt16},
    {"torch", "IntStorage", &kStorageType, DType::kInt32},
    {"torch", "LongStorage", &kStorageType, DType::kInt64},
    {"torch", "BoolStorage", &kStorageType, DType::kBool},
    {"torch.storage", "UntypedStorage", &kStorageType},
    {"torch", "QInt8Storage", &kQuantizedType},
    {"torch", "QUInt8Storage", &kQuantizedType},
    {"torch", "QInt32Storage", &kQuantizedType},
    {"torch", "QUInt4x2Storage", &kQuantizedType},
    {"torch", "QUInt2x4Storage", &kQuantizedType},

    {"torch", "Tensor", &kTensorClass},
    {"torch", "FloatTensor", &kTensorType},
    {"torch", "DoubleTensor", &kTensorType},
    {"torch", "HalfTensor", &kTensorType},
    {"torch", "BFloat16Tensor", &kTensorType},
    {"torch", "ByteTensor", &kTensorType},
    {"torch", "CharTensor", &kTensorType},
    {"torch", "ShortTensor", &kTensorType},
    {"torch", "IntTensor", &kTensorType},
    {"torch", "LongTensor", &kTensorType},
    {"torch", "BoolTensor", &kTensorType},
    {"torch.nn.parameter", "Parameter", &kTensorClass},

    {"torch", "bool", &kTorchDType, DType::kBool},
    {"torch", "uint8", &kTorchDType, DType::kUint8},
    {"torch", "int8", &kTorchDType, DType::kInt8},
    {"torch", "uint16", &kTorchDType, DType::kUint16},
    {"torch", "int16", &kTorchDType, DType::kInt16},
    {"torch", "uint32", &kTorchDType, DType::kUint32},
    {"torch", "int32", &kTorchDType, DType::kInt32},
    {"torch", "uint64", &kTorchDType, DType::kUint64},
    {"torch", "int64", &kTorchDType, DType::kInt64},
    {"torch", "float8_e4m3fn", &kTorchDType, DType::kFloat8E4M3Fn},
    {"torch", "float8_e4m3fnuz", &kTorchDType, DType::kFloat8E4M3FnUz},
    {"torch", "float8_e5m2", &kTorchDType, DType::kFloat8E5M2},
    {"torch", "float8_e5m2fnuz", &kTorchDType, DType::kFloat8E5M2FnUz},
    {"torch", "float8_e8m0fnu", &kTorchDType, DType::kFloat8E8M0Fnu},
    {"torch", "float16", &kTorchDType, DType::kFloat16},
    {"torch", "bfloat16", &kTorchDType, DType::kBfloat16},
    {"torch", "float32", &kTorchDType, DType::kFloat32},
    {"torch", "float64", &kTorchDType, DType::kFloat64},
    {"torch", "complex64", &kTorchDType, DType::kComplex64},
    {"torch", "complex128", &kTorchDType, DType::kComplex128},
    {"torch", "complex32", &kTorchDType},
    {"torch", "float4_e2m1fn_x2", &kTorchDType},
    {"torch", "qint8", &kTorchDType},
    {"torch", "quint8", &kTorchDType},
    {"torch", "qint32", &kTorchDType},
    {"torch", "quint4x2", &kTorchDType},
    {"torch", "quint2x4", &kTorchDType},

    {"torch", "Size", &kTorchSize},
    {"torch", "device", &kTorchDevice},
    {"torch.serialization", "_get_layout", &kTorchLayout},
    {"torch", "per_tensor_affine", &kTorchConstant},
    {"torch", "per_channel_affine", &kTorchConstant},
    {"torch", "per_tensor_symmetric", &kTorchConstant},
    {"torch", "per_channel_symmetric", &kTorchConstant},
    {"torch", "per_channel_affine_float_qparams", &kTorchConstant},
};

constexpr Dialect::Alias kAliases[] = {
    {"torch.tensor", "_rebuild_from_type_v2", "torch._tensor", "_rebuild_from_type_v2"},
    {"torch", "UntypedStorage", "torch.storage", "UntypedStorage"},
    {"torch.storage", "_UntypedStorage", "torch.storage", "UntypedStorage"},
};

const Dialect& TorchDialect() {
  static const auto& dialect = *new Dialect(kRows, kAliases);
  return dialect;
}

}  // namespace
}  // namespace pickle

pickle::MachineOptions TorchOptions(const ReadLimits& limits) {
  pickle::MachineOptions options;
  options.dialects = {&pickle::NumpyDialect(), &pickle::TorchDialect()};
  options.limits = limits;
  return options;
}

pickle::MachineOptions TorchZipOptions(const ReadLimits& limits) {
  pickle::MachineOptions options = TorchOptions(limits);
  options.load_persistent_id = pickle::LoadZipStorage;
  return options;
}

pickle::MachineOptions TorchLegacyOptions(const ReadLimits& limits) {
  pickle::MachineOptions options = TorchOptions(limits);
  options.load_persistent_id = pickle::LoadLegacyStorage;
  return options;
}

pickle::MachineOptions TorchTarOptions(const ReadLimits& limits) {
  pickle::MachineOptions options = TorchOptions(limits);
  options.load_persistent_id = pickle::LoadReference;
  options.has_text_ids = true;
  return options;
}

}  // namespace weighbridge
