#include "formats/torch/read_torch_tar.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/pickle/closed_table.h"
#include "formats/pickle/flatten.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/stored_array.h"
#include "formats/pickle/text.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/torch/add_tensors.h"
#include "formats/torch/tar_archive.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {
namespace {

constexpr int32_t kMaxRank = 64;
// Of the pickle in front of a storage or tensor, which holds two numbers, a place and a type.
constexpr int64_t kSmallPickle = 1024;

absl::Status Annotate(absl::string_view context, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

// The members that make a checkpoint; sys_info beside them is not needed.
struct Members {
  TarMember storages;
  TarMember tensors;
  TarMember pickle;
};

absl::StatusOr<Members> FindMembers(const ByteSource& source) {
  const absl::StatusOr<std::vector<TarMember>> members = ListTarMembers(source);
  if (!members.ok()) return members.status();
  constexpr absl::string_view kNames[] = {"storages", "tensors", "pickle"};
  std::optional<TarMember> found[3];
  for (const TarMember& member : *members) {
    const auto* name = std::find(std::begin(kNames), std::end(kNames), absl::StripPrefix(member.name, "./"));
    if (name == std::end(kNames)) continue;
    if (found[name - kNames].has_value()) return absl::DataLossError(absl::StrCat("member \"", *name, "\" stands there twice"));
    found[name - kNames] = member;
  }
  if (!found[0].has_value() && !found[1].has_value() && !found[2].has_value()) {
    return absl::UnimplementedError("it is a tar archive, and none that torch.save wrote; unpack it first if it holds checkpoints");
  }
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (!found[i].has_value()) return absl::DataLossError(absl::StrCat("member \"", kNames[i], "\" is missing"));
  }
  return Members{*std::move(found[0]), *std::move(found[1]), *std::move(found[2])};
}

// A pickle whose root is a tuple, as those in front of storages and tensors.
struct TuplePickle {
  pickle::Document document;
  const std::vector<const pickle::Value*>* items = nullptr;
};

absl::StatusOr<int64_t> IntegerOf(const pickle::Value& value) {
  if (const auto* number = value.As<int64_t>()) return *number;
  return absl::DataLossError(absl::StrCat(Describe(value), " stands in place of a number"));
}

// The members `storages` and `tensors`: what they hold, by the number under which the pickle names it.
class Objects {
 public:
  Objects(ByteSourcePtr source, const ReadLimits& limits) : source_(std::move(source)), limits_(limits) {}

  // formats.md 5.2.
  absl::Status ReadStorages(const TarMember& member, std::vector<std::string>& remarks) {
    ByteCursor cursor(*source_, member.offset, member.offset + member.size);
    const absl::StatusOr<int64_t> count = ReadCount(cursor);
    if (!count.ok()) return count.status();
    for (int64_t i = 0; i < *count; ++i) {
      if (absl::Status status = ReadStorage(cursor); !status.ok()) return Annotate(absl::StrCat("storage ", i), status);
    }
    if (absl::Status status = ReadViews(cursor); !status.ok()) return Annotate("the views of storages", status);
    if (cursor.remaining() > 0) remarks.push_back(absl::StrCat(cursor.remaining(), " bytes follow the last storage"));
    return absl::OkStatus();
  }

  // formats.md 5.3.
  absl::Status ReadTensors(const TarMember& member, std::vector<std::string>& remarks) {
    ByteCursor cursor(*source_, member.offset, member.offset + member.size);
    const absl::StatusOr<int64_t> count = ReadCount(cursor);
    if (!count.ok()) return count.status();
    for (int64_t i = 0; i < *count; ++i) {
      if (absl::Status status = ReadTensor(cursor); !status.ok()) return Annotate(absl::StrCat("tensor ", i), status);
    }
    if (cursor.remaining() > 0) remarks.push_back(absl::StrCat(cursor.remaining(), " bytes follow the last tensor"));
    return absl::OkStatus();
  }

  // What a persistent id names; a storage as a tensor of one axis.
  absl::StatusOr<StoredTensor> Find(const std::string& id) const {
    int64_t key = 0;
    if (!absl::SimpleAtoi(id, &key)) return absl::DataLossError(absl::StrCat("the persistent id ", pickle::Quote(id), " is no number"));
    if (const auto tensor = tensors_.find(key); tensor != tensors_.end()) return tensor->second;
    const auto storage = storages_.find(key);
    if (storage == storages_.end()) return absl::DataLossError(absl::StrCat("no tensor or storage has the number ", key));
    const auto& [dtype, bytes] = storage->second;
    return StoredTensor::CreateRowMajor({.dtype = dtype, .shape = {bytes.size / ItemSize(dtype)}}, bytes.source, bytes.offset);
  }

 private:
  struct Storage {
    DType dtype = DType::kFloat32;
    ByteRange bytes;
  };

  absl::StatusOr<pickle::Document> ReadPickle(ByteCursor& cursor, int64_t limit) const {
    pickle::MachineOptions options;
    options.limits = limits_;
    const int64_t end = cursor.position() + std::min(limit, cursor.remaining());
    absl::StatusOr<pickle::Document> document = pickle::RunPickle(*source_, cursor.position(), end, options);
    if (!document.ok()) return document.status();
    if (absl::Status status = cursor.Skip(document->end - cursor.position()); !status.ok()) return status;
    return document;
  }

  absl::StatusOr<int64_t> ReadCount(ByteCursor& cursor) const {
    const absl::StatusOr<pickle::Document> document = ReadPickle(cursor, kSmallPickle);
    if (!document.ok()) return document.status();
    const absl::StatusOr<int64_t> count = IntegerOf(*document->root);
    if (!count.ok()) return count.status();
    if (*count > limits_.tensors) return absl::ResourceExhaustedError(absl::StrCat("more than ", limits_.tensors, " are announced"));
    return count;
  }

  absl::StatusOr<TuplePickle> ReadTuple(ByteCursor& cursor) const {
    TuplePickle result;
    absl::StatusOr<pickle::Document> document = ReadPickle(cursor, kSmallPickle);
    if (!document.ok()) return document.status();
    result.document = *std::move(document);
    const auto* tuple = result.document.root->As<pickle::Tuple>();
    if (tuple == nullptr || tuple->items.size() != 3) {
      return absl::DataLossError(absl::StrCat(Describe(*result.document.root), " stands in place of a tuple of 3"));
    }
    result.items = &tuple->items;
    return result;
  }

  // Numbers are of storages and tensors alike.
  absl::Status CheckNew(int64_t key) const {
    if (!storages_.contains(key) && !tensors_.contains(key)) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("the number ", key, " is given twice"));
  }

  // (number, place, type), the number of elements, the elements.
  absl::Status ReadStorage(ByteCursor& cursor) {
    const absl::StatusOr<TuplePickle> tuple = ReadTuple(cursor);
    if (!tuple.ok()) return tuple.status();
    const absl::StatusOr<int64_t> key = IntegerOf(*(*tuple->items)[0]);
    if (!key.ok()) return key.status();
    const auto* type = (*tuple->items)[2]->As<pickle::Global>();
    const pickle::TableRow* row = type == nullptr ? nullptr : pickle::FindGlobal(type->module, type->name);
    if (row == nullptr || row->kind != pickle::GlobalKind::kStorageType || !row->dtype.has_value()) {
      return absl::DataLossError(absl::StrCat(Describe(*(*tuple->items)[2]), " stands in place of a storage type"));
    }
    if (absl::Status status = CheckNew(*key); !status.ok()) return status;
    const absl::StatusOr<int64_t> numel = cursor.ReadI64();
    if (!numel.ok()) return numel.status();
    const absl::StatusOr<int64_t> size = ByteSize({.dtype = *row->dtype, .shape = {*numel}});
    if (!size.ok()) return size.status();
    storages_[*key] = {.dtype = *row->dtype, .bytes = {.source = source_, .offset = cursor.position(), .size = *size}};
    return cursor.Skip(*size);
  }

  // A list of (number, number of the root, first element, number of elements).
  absl::Status ReadViews(ByteCursor& cursor) {
    const absl::StatusOr<pickle::Document> document = ReadPickle(cursor, cursor.remaining());
    if (!document.ok()) return document.status();
    const auto* list = document->root->As<pickle::List>();
    if (list == nullptr) return absl::DataLossError(absl::StrCat("they are ", Describe(*document->root), ", not a list"));
    for (const pickle::Value* item : list->items) {
      if (absl::Status status = AddView(*item); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status AddView(const pickle::Value& item) {
    const auto* tuple = item.As<pickle::Tuple>();
    if (tuple == nullptr || tuple->items.size() != 4) return absl::DataLossError(absl::StrCat(Describe(item), " is no view"));
    int64_t numbers[4];
    for (size_t i = 0; i < 4; ++i) {
      const absl::StatusOr<int64_t> number = IntegerOf(*tuple->items[i]);
      if (!number.ok()) return number.status();
      numbers[i] = *number;
    }
    const auto [key, root_key, offset, numel] = numbers;
    if (absl::Status status = CheckNew(key); !status.ok()) return status;
    const auto root = storages_.find(root_key);
    if (root == storages_.end()) return absl::DataLossError(absl::StrCat("no storage has the number ", root_key));
    const Storage whole = root->second;
    const int64_t width = ItemSize(whole.dtype);
    const int64_t elements = whole.bytes.size / width;
    if (offset < 0 || numel < 0 || offset > elements || numel > elements - offset) {
      return absl::DataLossError(absl::StrCat("view of ", numel, " elements at ", offset, " exceeds a storage of ", elements));
    }
    storages_[key] = {.dtype = whole.dtype,
                      .bytes = {.source = source_, .offset = whole.bytes.offset + offset * width, .size = numel * width}};
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<int64_t>> ReadNumbers(ByteCursor& cursor, int32_t count) const {
    std::vector<int64_t> numbers;
    for (int32_t i = 0; i < count; ++i) {
      const absl::StatusOr<int64_t> number = cursor.ReadI64();
      if (!number.ok()) return number.status();
      numbers.push_back(*number);
    }
    return numbers;
  }

  // (number, number of the storage, type), rank, 4 bytes of nothing, sizes, strides, offset.
  absl::Status ReadTensor(ByteCursor& cursor) {
    const absl::StatusOr<TuplePickle> tuple = ReadTuple(cursor);
    if (!tuple.ok()) return tuple.status();
    const absl::StatusOr<int64_t> key = IntegerOf(*(*tuple->items)[0]);
    if (!key.ok()) return key.status();
    const absl::StatusOr<int64_t> storage_key = IntegerOf(*(*tuple->items)[1]);
    if (!storage_key.ok()) return storage_key.status();
    const absl::StatusOr<int32_t> rank = cursor.ReadI32();
    if (!rank.ok()) return rank.status();
    if (*rank < 0 || *rank > kMaxRank) return absl::DataLossError(absl::StrCat("a tensor of ", *rank, " axes; up to ", kMaxRank, " can be"));
    if (absl::Status status = cursor.Skip(4); !status.ok()) return status;
    absl::StatusOr<Shape> shape = ReadNumbers(cursor, *rank);
    if (!shape.ok()) return shape.status();
    absl::StatusOr<std::vector<int64_t>> strides = ReadNumbers(cursor, *rank);
    if (!strides.ok()) return strides.status();
    const absl::StatusOr<int64_t> offset = cursor.ReadI64();
    if (!offset.ok()) return offset.status();
    if (absl::Status status = CheckNew(*key); !status.ok()) return status;
    const auto storage = storages_.find(*storage_key);
    if (storage == storages_.end()) return absl::DataLossError(absl::StrCat("no storage has the number ", *storage_key));
    const auto& [dtype, bytes] = storage->second;
    absl::StatusOr<StoredTensor> tensor =
        InsideStorage({.dtype = dtype, .shape = *std::move(shape)}, bytes, *offset, *std::move(strides));
    if (tensor.ok()) tensors_.emplace(*key, *std::move(tensor));
    return tensor.status();
  }

  ByteSourcePtr source_;
  const ReadLimits limits_;
  absl::flat_hash_map<int64_t, Storage> storages_;
  absl::flat_hash_map<int64_t, StoredTensor> tensors_;
};

absl::StatusOr<StoredTensor> Store(const pickle::Value& leaf, const Objects& objects, const ByteSourcePtr& source) {
  if (const auto* reference = leaf.As<pickle::Reference>()) return objects.Find(reference->id);
  if (const auto* array = leaf.As<pickle::Array>()) return StoreArray(*array, source);
  return absl::UnimplementedError(absl::StrCat("it is ", Describe(leaf), ", which the tar form does not have"));
}

// formats.md 5.4.
absl::Status AddObject(const TarMember& member, const Objects& objects, const ByteSourcePtr& source, const ReadLimits& limits,
                       Checkpoint& checkpoint) {
  pickle::MachineOptions options;
  options.persistent_ids = pickle::MachineOptions::PersistentIds::kTorchTar;
  options.limits = limits;
  const absl::StatusOr<pickle::Document> document =
      pickle::RunPickle(*source, member.offset, member.offset + member.size, options);
  if (!document.ok()) return document.status();
  absl::StatusOr<std::vector<pickle::Leaf>> leaves = pickle::Flatten(*document->root, limits);
  if (!leaves.ok()) return leaves.status();
  for (pickle::Leaf& leaf : *leaves) {
    absl::StatusOr<StoredTensor> tensor = Store(*leaf.value, objects, source);
    if (!tensor.ok()) return Annotate(absl::StrCat("tensor ", pickle::Quote(leaf.path)), tensor.status());
    absl::Status status = checkpoint.Add({.name = std::move(leaf.path), .tensor = *std::move(tensor), .tensor_name = ""});
    if (!status.ok()) return status;
  }
  if (const int64_t rest = member.offset + member.size - document->end; rest > 0) {
    checkpoint.remarks.push_back(absl::StrCat(rest, " bytes follow the pickle's end"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Checkpoint> Read(const ByteSourcePtr& source, const ReadLimits& limits) {
  const absl::StatusOr<Members> members = FindMembers(*source);
  if (!members.ok()) return members.status();
  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "torch_tar";
  Objects objects(source, limits);
  absl::Status status = objects.ReadStorages(members->storages, checkpoint.remarks);
  if (!status.ok()) return Annotate("member \"storages\"", status);
  status = objects.ReadTensors(members->tensors, checkpoint.remarks);
  if (!status.ok()) return Annotate("member \"tensors\"", status);
  status = AddObject(members->pickle, objects, source, limits, checkpoint);
  if (!status.ok()) return Annotate("member \"pickle\"", status);
  return checkpoint;
}

}  // namespace

absl::StatusOr<Checkpoint> ReadTorchTar(ByteSourcePtr source, const ReadLimits& limits) {
  absl::StatusOr<Checkpoint> checkpoint = Read(source, limits);
  if (checkpoint.ok()) return checkpoint;
  return Annotate(absl::StrCat("reading ", source->name()), checkpoint.status());
}

}  // namespace weighbridge
