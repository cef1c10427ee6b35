#include "formats/torch/state_dict_pickle.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/pickle/emit/encoding.h"
#include "formats/pickle/emit/protocol2_emitter.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

using pickle::ItemBatches;
using Memo = pickle::Protocol2Emitter::Memo;

// Saves the objects of a state dict in the order in which CPython's pickler meets them. It writes an object in full once and refers to it
// afterwards; equal texts are one object only where Python interns them.
class StateDictPickler {
 public:
  std::string Save(absl::Span<const LayoutRow> rows, absl::Span<const size_t> storages,
                   const std::optional<ModuleVersions>& module_versions);

 private:
  void Items(ItemBatches::Of of, absl::Span<const LayoutRow> rows, absl::Span<const size_t> storages);
  void Tensor(const TensorSpec& spec, size_t storage);
  void Storage(const TensorSpec& spec, size_t storage);
  void Metadata(const ModuleVersions& module_versions);

  void Global(absl::string_view module, absl::string_view name);
  // A text that stands in torch's code.
  void Interned(absl::string_view text);
  // The key of a tensor. Without a dot it is the name of an attribute, which is interned; with one it was put together.
  void Name(absl::string_view name);
  void Tuple(absl::Span<const int64_t> items);
  void EmptyOrderedDict();

  pickle::Protocol2Emitter emitter_;
  absl::flat_hash_map<std::string, Memo> globals_;
  absl::flat_hash_map<std::string, Memo> interned_;
  std::vector<Memo> storage_keys_;
};

std::string StateDictPickler::Save(absl::Span<const LayoutRow> rows, absl::Span<const size_t> storages,
                                   const std::optional<ModuleVersions>& module_versions) {
  if (module_versions.has_value()) {
    EmptyOrderedDict();
    Items(ItemBatches::Of::kSubclass, rows, storages);
    Metadata(*module_versions);
  } else {
    emitter_.EmptyDict();
    Items(ItemBatches::Of::kDict, rows, storages);
  }
  return emitter_.Finish();
}

void StateDictPickler::Items(ItemBatches::Of of, absl::Span<const LayoutRow> rows, absl::Span<const size_t> storages) {
  emitter_.BeginItems(of, static_cast<int64_t>(rows.size()));
  for (size_t i = 0; i < rows.size(); ++i) {
    Name(rows[i].name);
    Tensor(rows[i].spec, storages[i]);
    emitter_.EndItem();
  }
  emitter_.EndItems();
}

void StateDictPickler::Tensor(const TensorSpec& spec, size_t storage) {
  Global("torch._utils", "_rebuild_tensor_v2");
  emitter_.BeginTuple();
  Storage(spec, storage);
  emitter_.Int(0);  // Offset in the storage.
  Tuple(spec.shape);
  Tuple(RowMajorStrides(spec.shape));
  emitter_.Bool(false);  // requires_grad
  EmptyOrderedDict();    // Hooks.
  emitter_.EndTuple();
  emitter_.Reduce();
}

void StateDictPickler::Storage(const TensorSpec& spec, size_t storage) {
  emitter_.BeginTuple();
  Interned("storage");
  Global("torch", *StorageType(spec.dtype));
  if (storage == storage_keys_.size()) {
    storage_keys_.push_back(emitter_.Text(absl::StrCat(storage)));
  } else {
    emitter_.Get(storage_keys_[storage]);
  }
  Interned("cpu");
  emitter_.Int(*ElementCount(spec.shape));
  emitter_.EndTuple();
  emitter_.PersistentId();
}

// The state of the OrderedDict: its attributes.
void StateDictPickler::Metadata(const ModuleVersions& module_versions) {
  emitter_.EmptyDict();
  emitter_.BeginItems(ItemBatches::Of::kDict, 1);
  Interned("_metadata");
  EmptyOrderedDict();
  emitter_.BeginItems(ItemBatches::Of::kSubclass, static_cast<int64_t>(module_versions.size()));
  for (const ModuleVersion& module : module_versions) {
    emitter_.Text(module.module);
    emitter_.EmptyDict();
    emitter_.BeginItems(ItemBatches::Of::kDict, 1);
    Interned("version");
    emitter_.Int(module.version);
    emitter_.EndItem();
    emitter_.EndItems();
    emitter_.EndItem();
  }
  emitter_.EndItems();
  emitter_.EndItem();
  emitter_.EndItems();
  emitter_.Build();
}

void StateDictPickler::Global(absl::string_view module, absl::string_view name) {
  const std::string identity = absl::StrCat(module, " ", name);
  if (const auto known = globals_.find(identity); known != globals_.end()) return emitter_.Get(known->second);
  globals_.emplace(identity, emitter_.Global(module, name));
}

void StateDictPickler::Interned(absl::string_view text) {
  if (const auto known = interned_.find(text); known != interned_.end()) return emitter_.Get(known->second);
  interned_.emplace(text, emitter_.Text(text));
}

void StateDictPickler::Name(absl::string_view name) {
  if (name.find('.') == absl::string_view::npos) return Interned(name);
  emitter_.Text(name);
}

void StateDictPickler::Tuple(absl::Span<const int64_t> items) {
  const bool marked = items.size() > 3;
  if (marked) emitter_.BeginTuple();
  for (const int64_t item : items) emitter_.Int(item);
  if (marked) return emitter_.EndTuple();
  emitter_.Tuple(static_cast<int>(items.size()));
}

void StateDictPickler::EmptyOrderedDict() {
  Global("collections", "OrderedDict");
  emitter_.Tuple(0);
  emitter_.Reduce();
}

}  // namespace

std::optional<absl::string_view> StorageType(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return "BoolStorage";
    case DType::kUint8:
      return "ByteStorage";
    case DType::kInt8:
      return "CharStorage";
    case DType::kInt16:
      return "ShortStorage";
    case DType::kInt32:
      return "IntStorage";
    case DType::kInt64:
      return "LongStorage";
    case DType::kFloat16:
      return "HalfStorage";
    case DType::kBfloat16:
      return "BFloat16Storage";
    case DType::kFloat32:
      return "FloatStorage";
    case DType::kFloat64:
      return "DoubleStorage";
    case DType::kComplex64:
      return "ComplexFloatStorage";
    case DType::kComplex128:
      return "ComplexDoubleStorage";
    default:
      return std::nullopt;
  }
}

std::string PickleStateDict(absl::Span<const LayoutRow> rows, absl::Span<const size_t> storages,
                            const std::optional<ModuleVersions>& module_versions) {
  return StateDictPickler().Save(rows, storages, module_versions);
}

}  // namespace weighbridge
