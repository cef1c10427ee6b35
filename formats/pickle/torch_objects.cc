#include "formats/pickle/torch_objects.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace weighbridge::pickle {
namespace {

using Form = MachineOptions::PersistentIds;

absl::StatusOr<std::string> KeyOf(const Value& value) {
  if (const Text* text = value.As<Text>()) return text->utf8;
  return absl::DataLossError(absl::StrCat(Describe(value), " stands in place of a storage's key, a text"));
}

// (view key, offset, size), a slice of a root storage of `numel` elements.
absl::StatusOr<Storage::View> ViewOf(const Value& value, int64_t numel) {
  const Tuple* tuple = value.As<Tuple>();
  if (tuple == nullptr || tuple->items.size() != 3) return absl::DataLossError(absl::StrCat(Describe(value), " is no storage view"));
  absl::StatusOr<std::string> key = KeyOf(*tuple->items[0]);
  if (!key.ok()) return key.status();
  absl::StatusOr<int64_t> offset = IntegerOf(*tuple->items[1], "a view's offset");
  if (!offset.ok()) return offset.status();
  absl::StatusOr<int64_t> size = IntegerOf(*tuple->items[2], "a view's size");
  if (!size.ok()) return size.status();
  if (*offset < 0 || *offset > numel || *size < 0 || *size > numel - *offset) {
    return absl::DataLossError(absl::StrCat("view of ", *size, " elements at ", *offset, " exceeds a storage of ", numel));
  }
  return Storage::View{.key = *std::move(key), .offset = *offset, .size = *size};
}

absl::Status WholeModule(const Value& type) {
  return absl::PermissionDeniedError(
      absl::StrCat("the file holds a whole module of class ", Describe(type), "; save its state_dict() instead"));
}

// The members of a persistent id, once it is known to be one of a storage.
absl::StatusOr<Arguments> StorageMembers(const Value& id, Form form) {
  if (form == Form::kNone) return absl::DataLossError("a persistent id, which this format does not have");
  const Tuple* tuple = id.As<Tuple>();
  if (tuple == nullptr || tuple->items.empty()) return absl::DataLossError(absl::StrCat(Describe(id), " is no persistent id of torch"));
  const Arguments members = tuple->items;
  if (form == Form::kTorchLegacy && IsText(*members[0], "module") && members.size() > 1) {
    return WholeModule(*members[1]);
  }
  if (!IsText(*members[0], "storage")) return absl::DataLossError(absl::StrCat("a persistent id of ", Describe(*members[0])));
  const size_t count = form == Form::kTorchLegacy ? 6 : 5;
  if (members.size() != count) {
    return absl::DataLossError(absl::StrCat("a persistent id of ", members.size(), " members, where ", count, " belong"));
  }
  return members;
}

// The seventh argument of v2, the eighth of v3.
absl::Status ReadMetadata(const Value& value, Tensor& tensor) {
  if (value.As<None>() != nullptr) return absl::OkStatus();
  const Dict* dict = value.As<Dict>();
  if (dict == nullptr) return absl::DataLossError(absl::StrCat(Describe(value), " stands in place of a tensor's metadata"));
  for (const auto& [key, flag] : dict->items) {
    if (!IsText(*key, "conj") && !IsText(*key, "neg")) {
      return absl::UnimplementedError(absl::StrCat("the tensor has metadata under ", Describe(*key), ", which may change its values"));
    }
    const bool* set = flag->As<bool>();
    if (set == nullptr) return absl::DataLossError(absl::StrCat(Describe(*flag), " stands in place of a bool"));
    (IsText(*key, "conj") ? tensor.conj : tensor.neg) = *set;
  }
  if (tensor.conj && tensor.dtype != DType::kComplex64 && tensor.dtype != DType::kComplex128) {
    return absl::DataLossError(absl::StrCat("a tensor of ", DTypeName(tensor.dtype), " is marked as conjugated"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Value*> Unsupported(Arena& arena, std::string kind) {
  Tensor tensor;
  tensor.unsupported = std::move(kind);
  return arena.New(std::move(tensor));
}

// (storage, offset, size, stride, …) of all versions.
absl::StatusOr<Tensor> CommonPart(const Storage& storage, Arguments arguments) {
  absl::StatusOr<int64_t> offset = IntegerOf(*arguments[1], "a tensor's offset");
  if (!offset.ok()) return offset.status();
  absl::StatusOr<std::vector<int64_t>> size = IntegersOf(*arguments[2], "a tensor's size");
  if (!size.ok()) return size.status();
  absl::StatusOr<std::vector<int64_t>> stride = IntegersOf(*arguments[3], "a tensor's stride");
  if (!stride.ok()) return stride.status();
  Tensor tensor;
  tensor.storage = &storage;
  tensor.dtype = storage.dtype.value_or(DType::kUint8);
  tensor.offset = *offset;
  tensor.size = *std::move(size);
  tensor.stride = *std::move(stride);
  return tensor;
}

absl::StatusOr<Value*> RebuildOverStorage(Arena& arena, GlobalKind version, Arguments arguments) {
  const Value& first = *arguments[0];
  if (const Tensor* quantized = first.As<Tensor>(); quantized != nullptr && !quantized->unsupported.empty()) return arena.Again(&first);
  const Storage* storage = first.As<Storage>();
  if (storage == nullptr) return absl::DataLossError(absl::StrCat(Describe(first), " stands in place of a tensor's storage"));
  absl::StatusOr<Tensor> tensor = CommonPart(*storage, arguments);
  if (!tensor.ok()) return tensor.status();
  size_t metadata = 6;
  if (version == GlobalKind::kRebuildTensorV3) {
    metadata = 7;
    const TableRow* row = RowOf(*arguments[6]);
    if (row == nullptr || row->kind != GlobalKind::kTorchDType) {
      return absl::DataLossError(absl::StrCat(Describe(*arguments[6]), " stands in place of a tensor's dtype"));
    }
    if (storage->dtype.has_value()) return absl::DataLossError("a tensor with a dtype of its own over a typed storage");
    if (!row->dtype.has_value()) return Unsupported(arena, absl::StrCat("a tensor of torch ", row->name));
    tensor->dtype = *row->dtype;
  }
  if (arguments.size() > metadata) {
    if (absl::Status status = ReadMetadata(*arguments[metadata], *tensor); !status.ok()) return status;
  }
  return arena.New(*std::move(tensor));
}

absl::StatusOr<Value*> RebuildSparse(Arena& arena, Arguments arguments) {
  const Inert* layout = arguments.empty() ? nullptr : arguments[0]->As<Inert>();
  if (layout == nullptr) return Unsupported(arena, "a sparse tensor");
  if (layout->what == "torch.sparse_coo") return Unsupported(arena, "a sparse COO tensor");
  if (layout->what == "torch.sparse_csr") return Unsupported(arena, "a sparse CSR tensor");
  return Unsupported(arena, absl::StrCat("a sparse tensor of layout ", layout->what));
}

}  // namespace

absl::StatusOr<Value*> MakeStorage(Arena& arena, const Value& id, Form form, int64_t position) {
  absl::StatusOr<Arguments> members = StorageMembers(id, form);
  if (!members.ok()) return members.status();
  const TableRow* type = RowOf(*(*members)[1]);
  if (type == nullptr || (type->kind != GlobalKind::kStorageType && type->kind != GlobalKind::kQuantizedType)) {
    return absl::DataLossError(absl::StrCat(Describe(*(*members)[1]), " stands in place of a storage type"));
  }
  absl::StatusOr<std::string> key = KeyOf(*(*members)[2]);
  if (!key.ok()) return key.status();
  absl::StatusOr<int64_t> numel = IntegerOf(*(*members)[4], "a storage's number of elements");
  if (!numel.ok()) return numel.status();
  if (*numel < 0) return absl::DataLossError(absl::StrCat("a storage of ", *numel, " elements"));
  Storage storage{.dtype = type->dtype, .key = *std::move(key), .numel = *numel, .view = std::nullopt, .position = position};
  if (members->size() == 6 && (*members)[5]->As<None>() == nullptr) {
    absl::StatusOr<Storage::View> view = ViewOf(*(*members)[5], *numel);
    if (!view.ok()) return view.status();
    storage.view = *std::move(view);
  }
  if (type->kind == GlobalKind::kQuantizedType) return Unsupported(arena, absl::StrCat("a quantized tensor (", type->name, ")"));
  if (form == Form::kTorchLegacy && !type->dtype.has_value()) {
    return absl::UnimplementedError("an UntypedStorage in a legacy file, which torch itself does not read; save the file in the zip form");
  }
  return arena.New(std::move(storage));
}

absl::StatusOr<Value*> MakeReference(Arena& arena, const Value& id) {
  if (const Text* text = id.As<Text>()) return arena.New(Reference{text->utf8});
  const Tuple* tuple = id.As<Tuple>();
  if (tuple == nullptr || tuple->items.empty()) return absl::DataLossError(absl::StrCat(Describe(id), " is no persistent id of torch"));
  return WholeModule(*tuple->items[0]);
}

absl::StatusOr<Value*> RebuildTensor(Arena& arena, const TableRow& function, Arguments arguments) {
  using Kind = GlobalKind;
  const auto count = [&](size_t least, size_t most) { return CheckCount(arguments, least, most); };
  switch (function.kind) {
    case Kind::kRebuildUnsupported:
      return Unsupported(arena, std::string(function.note));
    case Kind::kRebuildSparse:
      return RebuildSparse(arena, arguments);
    case Kind::kRebuildParameter:
    case Kind::kRebuildParameterWithState: {
      const size_t wanted = function.kind == Kind::kRebuildParameter ? 3 : 4;
      if (absl::Status status = count(wanted, wanted); !status.ok()) return status;
      if (arguments[0]->As<Tensor>() != nullptr) return arena.Again(arguments[0]);
      return absl::DataLossError(absl::StrCat("a parameter of ", Describe(*arguments[0]), ", which is no tensor"));
    }
    case Kind::kRebuildTensor:
      if (absl::Status status = count(4, 4); !status.ok()) return status;
      break;
    case Kind::kRebuildTensorV2:
      if (absl::Status status = count(6, 7); !status.ok()) return status;
      break;
    default:
      if (absl::Status status = count(7, 8); !status.ok()) return status;
  }
  return RebuildOverStorage(arena, function.kind, arguments);
}

}  // namespace weighbridge::pickle
