#include "formats/torch/torch_tensors.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/attributes.h"
#include "formats/pickle/dialect.h"
#include "formats/tensor_spec.h"
#include "formats/torch/torch_storages.h"

namespace weighbridge::pickle {
namespace {

// The seventh argument of v2, the eighth of v3.
absl::Status ReadMetadata(const Value& value, Tensor& tensor) {
  if (value.As<None>() != nullptr) return absl::OkStatus();
  const Dict* dict = value.As<Dict>();
  if (dict == nullptr) return InPlaceOf(value, "a tensor's metadata");
  for (const auto& [key, flag] : dict->items) {
    if (!IsText(*key, "conj") && !IsText(*key, "neg")) {
      return absl::UnimplementedError(absl::StrCat("the tensor has metadata under ", Describe(*key), ", which may change its values"));
    }
    // torch sets the bit where the key is there, whatever stands under it.
    RETURN_IF_ERROR(BoolOf(*flag, "a tensor's bit").status());
    (IsText(*key, "conj") ? tensor.conj : tensor.neg) = true;
  }
  if (tensor.conj && !IsComplex(tensor.dtype)) {
    return absl::DataLossError(absl::StrCat("a tensor of ", DTypeName(tensor.dtype), " is marked as conjugated"));
  }
  return absl::OkStatus();
}

// Whether a function of that kind makes a tensor, and not one of a type of its own.
bool MakesTensors(const GlobalKind& kind) {
  return kind.call == RebuildTensor && &kind != &kRebuildFromType;
}

bool CanHaveGradient(DType dtype) {
  return IsFloatingPoint(dtype) || IsComplex(dtype);
}

// Notes what the hooks of a tensor hold. torch takes them as they are.
absl::StatusOr<Value*> WithHooks(Arena& arena, absl::StatusOr<Value*> tensor, const Value& requires_grad, const Value& hooks) {
  if (!tensor.ok()) return tensor;
  ASSIGN_OR_RETURN(const bool has_gradient, BoolOf(requires_grad, "requires_grad"));
  const Tensor* made = (*tensor)->As<Tensor>();
  if (has_gradient && made != nullptr && made->unsupported.empty() && !CanHaveGradient(made->dtype)) {
    return absl::DataLossError(
        absl::StrCat("a tensor of ", DTypeName(made->dtype), " requires a gradient, which only floating-point numbers have"));
  }
  if (hooks.As<Dict>() == nullptr && hooks.As<None>() == nullptr) {
    return InPlaceOf(hooks, "a tensor's hooks");
  }
  RETURN_IF_ERROR(arena.KeepAside(*tensor, Aside::Place::kHooks, arena.Again(&hooks)));
  return tensor;
}

absl::Status AddAttributes(Arena& arena, Value* tensor, const Value& state) {
  if (state.As<None>() != nullptr) return absl::OkStatus();
  if (state.As<Dict>() == nullptr) return InPlaceOf(state, "a tensor's state");
  RETURN_IF_ERROR(arena.KeepAside(tensor, Aside::Place::kAttributes, arena.Again(&state)));
  return arena.AttributesOf(state).for_tensor;
}

// A tensor's own attributes, as torch._utils._set_obj_state sets them: a dict or None, or a pair of these, for attributes and for slots.
absl::StatusOr<Value*> WithState(Arena& arena, absl::StatusOr<Value*> tensor, const Value& state) {
  if (!tensor.ok()) return tensor;
  const Tuple* pair = state.As<Tuple>();
  if (pair != nullptr && pair->items.size() != 2) {
    return InPlaceOf(state, "a tensor's state");
  }
  absl::Status status = AddAttributes(arena, *tensor, pair == nullptr ? state : *pair->items[0]);
  if (status.ok() && pair != nullptr) status = AddAttributes(arena, *tensor, *pair->items[1]);
  if (!status.ok()) return status;
  return tensor;
}

// (storage, offset, size, stride, …) of all versions.
absl::StatusOr<Tensor> CommonPart(const Storage& storage, Arguments arguments) {
  ASSIGN_OR_RETURN(int64_t offset, IntegerOf(*arguments[1], "a tensor's offset"));
  ASSIGN_OR_RETURN(std::vector<int64_t> size, IntegersOf(*arguments[2], "a tensor's size"));
  ASSIGN_OR_RETURN(std::vector<int64_t> stride, IntegersOf(*arguments[3], "a tensor's stride"));
  Tensor tensor;
  tensor.storage = &storage;
  tensor.dtype = storage.dtype.value_or(DType::kUint8);
  tensor.offset = offset;
  tensor.size = std::move(size);
  tensor.stride = std::move(stride);
  return tensor;
}

absl::StatusOr<Value*> RebuildOverStorage(Arena& arena, const GlobalKind& version, Arguments arguments) {
  const Value& first = *arguments[0];
  if (const Tensor* quantized = first.As<Tensor>(); quantized != nullptr && !quantized->unsupported.empty()) return arena.Again(&first);
  const Storage* storage = first.As<Storage>();
  if (storage == nullptr) return InPlaceOf(first, "a tensor's storage");
  ASSIGN_OR_RETURN(Tensor tensor, CommonPart(*storage, arguments));
  size_t metadata = 6;
  if (&version == &kRebuildTensorV3) {
    metadata = 7;
    const TableRow* row = RowOf(*arguments[6]);
    if (row == nullptr || row->kind != &kTorchDType) {
      return InPlaceOf(*arguments[6], "a tensor's dtype");
    }
    if (storage->dtype.has_value()) return absl::DataLossError("a tensor with a dtype of its own over a typed storage");
    if (!row->dtype.has_value()) return UnsupportedTensor(arena, absl::StrCat("a tensor of torch ", row->name));
    tensor.dtype = *row->dtype;
  }
  if (arguments.size() > metadata) {
    RETURN_IF_ERROR(ReadMetadata(*arguments[metadata], tensor));
  }
  if (&version == &kRebuildTensor) return arena.New(std::move(tensor));
  return WithHooks(arena, arena.New(std::move(tensor)), *arguments[4], *arguments[5]);
}

// (tensor, requires_grad, hooks[, state]).
absl::StatusOr<Value*> RebuildParameter(Arena& arena, Arguments arguments, bool has_state) {
  const size_t wanted = has_state ? 4 : 3;
  RETURN_IF_ERROR(CheckCount(arguments, wanted, wanted));
  if (arguments[0]->As<Tensor>() == nullptr) {
    return absl::DataLossError(absl::StrCat("a parameter of ", Describe(*arguments[0]), ", which is not a tensor"));
  }
  absl::StatusOr<Value*> parameter = WithHooks(arena, arena.Again(arguments[0]), *arguments[1], *arguments[2]);
  return has_state ? WithState(arena, std::move(parameter), *arguments[3]) : parameter;
}

// (function, type, arguments, state): function(*arguments) as one of the type, with a state. torch never nests these.
absl::StatusOr<Value*> RebuildFromType(Arena& arena, Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 4, 4));
  const TableRow* function = RowOf(*arguments[0]);
  const TableRow* type = RowOf(*arguments[1]);
  const Tuple* tuple = arguments[2]->As<Tuple>();
  if (function == nullptr || type == nullptr || tuple == nullptr) {
    return absl::DataLossError("_rebuild_from_type_v2 is called without a function, a type and a tuple of arguments");
  }
  if (type->kind != &kTensorClass) {
    return absl::PermissionDeniedError(absl::StrCat(type->module, " ", type->name, " is not allowed as the type of a tensor"));
  }
  if (!MakesTensors(*function->kind)) {
    return absl::PermissionDeniedError(absl::StrCat(function->module, " ", function->name, " is not allowed to make a tensor of a type"));
  }
  absl::StatusOr<Value*> tensor = RebuildTensor(arena, *function, tuple->items);
  if (tensor.ok() && (*tensor)->As<Tensor>() == nullptr) {
    return absl::UnimplementedError(absl::StrCat(Describe(**tensor), " as a tensor of a type of its own is not read"));
  }
  return WithState(arena, std::move(tensor), *arguments[3]);
}

// The name of a device: a text or what torch.device makes of one. DataLoss: it is neither.
absl::StatusOr<absl::string_view> DeviceNameOf(const Value& value) {
  constexpr absl::string_view kDevice = "torch.device ";
  if (const Text* text = value.As<Text>()) return text->utf8;
  const Inert* device = value.As<Inert>();
  if (device != nullptr && absl::StartsWith(device->what, kDevice)) return absl::StripPrefix(device->what, kDevice);
  return InPlaceOf(value, "a device");
}

// (data, dtype, device, requires_grad): of a device that keeps no storage, so that its elements were saved as the CPU's, in a tensor or a
// numpy array; read as that. torch would cast data of another dtype.
absl::StatusOr<Value*> RebuildFromDevice(Arena& arena, Arguments arguments) {
  RETURN_IF_ERROR(CheckCount(arguments, 4, 4));
  const Tensor* tensor = arguments[0]->As<Tensor>();
  const Array* array = arguments[0]->As<Array>();
  if (tensor == nullptr && array == nullptr) {
    return InPlaceOf(*arguments[0], "a device tensor's data");
  }
  const TableRow* dtype = RowOf(*arguments[1]);
  if (dtype == nullptr || dtype->kind != &kTorchDType) {
    return InPlaceOf(*arguments[1], "a tensor's dtype");
  }
  ASSIGN_OR_RETURN(const absl::string_view device, DeviceNameOf(*arguments[2]));
  RETURN_IF_ERROR(BoolOf(*arguments[3], "requires_grad").status());
  if (IsMeta(device)) return UnsupportedTensor(arena, "a meta tensor without data");
  if (tensor != nullptr && !tensor->unsupported.empty()) return arena.Again(arguments[0]);
  if (tensor != nullptr ? dtype->dtype == tensor->dtype : dtype->dtype == array->dtype.dtype && dtype->dtype.has_value()) {
    return arena.Again(arguments[0]);
  }
  return UnsupportedTensor(arena, absl::StrCat("a device tensor of torch ", dtype->name, " that is kept as another type"));
}

absl::StatusOr<Value*> RebuildSparse(Arena& arena, Arguments arguments) {
  const Inert* layout = arguments.empty() ? nullptr : arguments[0]->As<Inert>();
  if (layout == nullptr) return UnsupportedTensor(arena, "a sparse tensor");
  if (layout->what == "torch.sparse_coo") return UnsupportedTensor(arena, "a sparse COO tensor");
  if (layout->what == "torch.sparse_csr") return UnsupportedTensor(arena, "a sparse CSR tensor");
  return UnsupportedTensor(arena, absl::StrCat("a sparse tensor of layout ", layout->what));
}

}  // namespace

absl::StatusOr<Value*> RebuildTensor(Arena& arena, const TableRow& function, Arguments arguments) {
  const GlobalKind* const kind = function.kind;
  if (kind == &kRebuildUnsupported) return UnsupportedTensor(arena, std::string(function.note));
  if (kind == &kRebuildSparse) return RebuildSparse(arena, arguments);
  if (kind == &kRebuildParameter) return RebuildParameter(arena, arguments, /*has_state=*/false);
  if (kind == &kRebuildParameterWithState) return RebuildParameter(arena, arguments, /*has_state=*/true);
  if (kind == &kRebuildFromType) return RebuildFromType(arena, arguments);
  if (kind == &kRebuildFromDevice) return RebuildFromDevice(arena, arguments);
  const size_t least = kind == &kRebuildTensor ? 4 : kind == &kRebuildTensorV2 ? 6 : 7;
  RETURN_IF_ERROR(CheckCount(arguments, least, kind == &kRebuildTensor ? least : least + 1));
  return RebuildOverStorage(arena, *kind, arguments);
}

}  // namespace weighbridge::pickle
