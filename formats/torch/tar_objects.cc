#include "formats/torch/tar_objects.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/bytes/byte_cursor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/text.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/torch/add_tensors.h"
#include "formats/torch/tar_archive.h"
#include "formats/torch/torch_dialect.h"
#include "formats/torch/torch_storages.h"

namespace weighbridge {
namespace {

constexpr int32_t kMaxRank = 64;
// Of the pickle in front of a storage or tensor, which holds two numbers, a place and a type.
constexpr int64_t kSmallPickle = 1024;

// A pickle whose root is a tuple, as those in front of storages and tensors.
struct TuplePickle {
  pickle::Document document;
  const std::vector<const pickle::Value*>* items = nullptr;
};

absl::StatusOr<TuplePickle> TupleOf(pickle::Document document) {
  TuplePickle result;
  result.document = std::move(document);
  const auto* tuple = result.document.root->As<pickle::Tuple>();
  if (tuple == nullptr || tuple->items.size() != 3) {
    return pickle::InPlaceOf(*result.document.root, "a tuple of 3");
  }
  result.items = &tuple->items;
  return result;
}

absl::StatusOr<std::vector<int64_t>> ReadNumbers(ByteCursor& cursor, int32_t count) {
  std::vector<int64_t> numbers;
  for (int32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const int64_t number, cursor.ReadI64());
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

absl::Status TarObjects::ReadStorages(const TarMember& member, std::vector<std::string>& remarks) {
  ByteCursor cursor(*source_, member.offset, member.offset + member.size);
  ASSIGN_OR_RETURN(const int64_t count, ReadCount(cursor));
  for (int64_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(ReadStorage(cursor), Annotate(_, absl::StrCat("storage ", i)));
  }
  RETURN_IF_ERROR(ReadViews(cursor), Annotate(_, "the views of storages"));
  if (cursor.remaining() > 0) remarks.push_back(absl::StrCat(cursor.remaining(), " bytes follow the last storage"));
  return absl::OkStatus();
}

absl::Status TarObjects::ReadTensors(const TarMember& member, std::vector<std::string>& remarks) {
  ByteCursor cursor(*source_, member.offset, member.offset + member.size);
  ASSIGN_OR_RETURN(const int64_t count, ReadCount(cursor));
  for (int64_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(ReadTensor(cursor), Annotate(_, absl::StrCat("tensor ", i)));
  }
  if (cursor.remaining() > 0) remarks.push_back(absl::StrCat(cursor.remaining(), " bytes follow the last tensor"));
  return absl::OkStatus();
}

absl::StatusOr<StoredTensor> TarObjects::Find(const std::string& id) const {
  // No number has more digits, and a long text may be an id again and again.
  constexpr size_t kDigits = 20;
  int64_t key = 0;
  if (id.size() > kDigits || !absl::SimpleAtoi(id, &key))
    return absl::DataLossError(absl::StrCat("the persistent id ", pickle::Quote(id), " is not a number"));
  if (const auto tensor = tensors_.find(key); tensor != tensors_.end()) return tensor->second;
  const auto storage = storages_.find(key);
  if (storage == storages_.end()) return absl::DataLossError(absl::StrCat("no tensor or storage has the number ", key));
  const auto& [dtype, bytes] = storage->second;
  return StoredTensor::CreateRowMajor({.dtype = dtype, .shape = {bytes.size / ItemSize(dtype)}}, bytes.source, bytes.offset);
}

absl::StatusOr<pickle::Document> TarObjects::ReadPickle(ByteCursor& cursor, int64_t limit) const {
  const int64_t end = cursor.position() + std::min(limit, cursor.remaining());
  absl::StatusOr<pickle::Document> document = pickle::RunPickle(*source_, cursor.position(), end, TorchOptions(limits_));
  if (!document.ok()) return document.status();
  RETURN_IF_ERROR(cursor.Skip(document->end - cursor.position()));
  return document;
}

absl::StatusOr<int64_t> TarObjects::ReadCount(ByteCursor& cursor) const {
  ASSIGN_OR_RETURN(const pickle::Document document, ReadPickle(cursor, kSmallPickle));
  absl::StatusOr<int64_t> count = pickle::IntegerOf(*document.root, "a number");
  if (!count.ok()) return count.status();
  if (*count > limits_.tensors) return absl::ResourceExhaustedError(absl::StrCat("more than ", limits_.tensors, " are announced"));
  return count;
}

// Numbers are of storages and tensors alike.
absl::Status TarObjects::CheckNew(int64_t key) const {
  if (!storages_.contains(key) && !tensors_.contains(key)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the number ", key, " is given twice"));
}

// (number, place, type), the number of elements, the elements.
absl::Status TarObjects::ReadStorage(ByteCursor& cursor) {
  ASSIGN_OR_RETURN(pickle::Document document, ReadPickle(cursor, kSmallPickle));
  ASSIGN_OR_RETURN(const TuplePickle tuple, TupleOf(std::move(document)));
  ASSIGN_OR_RETURN(const int64_t key, pickle::IntegerOf(*(*tuple.items)[0], "a number"));
  const auto* place = (*tuple.items)[1]->As<pickle::Text>();
  if (place == nullptr) return pickle::InPlaceOf(*(*tuple.items)[1], "a storage's location");
  if (pickle::IsMeta(place->utf8)) {
    return absl::UnimplementedError(absl::StrCat("a storage on ", pickle::Quote(place->utf8), ", of which torch reads no data"));
  }
  const pickle::TableRow* row = pickle::RowOf(*(*tuple.items)[2]);
  if (row == nullptr || row->kind != &pickle::kStorageType || !row->dtype.has_value()) {
    return pickle::InPlaceOf(*(*tuple.items)[2], "a storage type");
  }
  RETURN_IF_ERROR(CheckNew(key));
  ASSIGN_OR_RETURN(const int64_t numel, cursor.ReadI64());
  ASSIGN_OR_RETURN(const int64_t size, ByteSize({.dtype = *row->dtype, .shape = {numel}}));
  storages_[key] = {.dtype = *row->dtype, .bytes = {.source = source_, .offset = cursor.position(), .size = size}};
  return cursor.Skip(size);
}

// A list of (number, number of the root, first element, number of elements).
absl::Status TarObjects::ReadViews(ByteCursor& cursor) {
  ASSIGN_OR_RETURN(const pickle::Document document, ReadPickle(cursor, cursor.remaining()));
  const auto* list = document.root->As<pickle::List>();
  if (list == nullptr) return absl::DataLossError(absl::StrCat("they are ", Describe(*document.root), ", not a list"));
  for (const pickle::Value* item : list->items) {
    RETURN_IF_ERROR(AddView(*item));
  }
  return absl::OkStatus();
}

absl::Status TarObjects::AddView(const pickle::Value& item) {
  const auto* tuple = item.As<pickle::Tuple>();
  if (tuple == nullptr || tuple->items.size() != 4) return absl::DataLossError(absl::StrCat(Describe(item), " is not a view"));
  int64_t numbers[4];
  for (size_t i = 0; i < 4; ++i) {
    ASSIGN_OR_RETURN(const int64_t number, pickle::IntegerOf(*tuple->items[i], "a number"));
    numbers[i] = number;
  }
  const auto [key, root_key, offset, numel] = numbers;
  RETURN_IF_ERROR(CheckNew(key));
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

// (number, number of the storage, type), rank, 4 bytes of nothing, sizes, strides, offset.
absl::Status TarObjects::ReadTensor(ByteCursor& cursor) {
  ASSIGN_OR_RETURN(pickle::Document document, ReadPickle(cursor, kSmallPickle));
  ASSIGN_OR_RETURN(const TuplePickle tuple, TupleOf(std::move(document)));
  ASSIGN_OR_RETURN(const int64_t key, pickle::IntegerOf(*(*tuple.items)[0], "a number"));
  ASSIGN_OR_RETURN(const int64_t storage_key, pickle::IntegerOf(*(*tuple.items)[1], "a number"));
  ASSIGN_OR_RETURN(const int32_t rank, cursor.ReadI32());
  if (rank < 0 || rank > kMaxRank) return absl::DataLossError(absl::StrCat("a tensor of ", rank, " axes; up to ", kMaxRank, " can be"));
  RETURN_IF_ERROR(cursor.Skip(4));
  ASSIGN_OR_RETURN(Shape shape, ReadNumbers(cursor, rank));
  ASSIGN_OR_RETURN(std::vector<int64_t> strides, ReadNumbers(cursor, rank));
  ASSIGN_OR_RETURN(const int64_t offset, cursor.ReadI64());
  RETURN_IF_ERROR(CheckNew(key));
  const auto storage = storages_.find(storage_key);
  if (storage == storages_.end()) return absl::DataLossError(absl::StrCat("no storage has the number ", storage_key));
  const auto& [dtype, bytes] = storage->second;
  ASSIGN_OR_RETURN(StoredTensor tensor, InsideStorage({.dtype = dtype, .shape = std::move(shape)}, bytes, offset, std::move(strides)));
  tensors_.emplace(key, std::move(tensor));
  return absl::OkStatus();
}

}  // namespace weighbridge
