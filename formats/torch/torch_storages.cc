#include "formats/torch/torch_storages.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/pickle/arguments.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/text.h"

namespace weighbridge::pickle {
namespace {

enum class Form { kZip, kLegacy };

absl::StatusOr<std::string> KeyOf(const Value& value) {
  if (const Text* text = value.As<Text>()) return text->utf8;
  return InPlaceOf(value, "a storage's key, a text");
}

// (view key, offset, size), a slice of a root storage of `numel` elements.
absl::StatusOr<Storage::View> ViewOf(const Value& value, int64_t numel) {
  const Tuple* tuple = value.As<Tuple>();
  if (tuple == nullptr || tuple->items.size() != 3) return absl::DataLossError(absl::StrCat(Describe(value), " is not a storage view"));
  ASSIGN_OR_RETURN(std::string key, KeyOf(*tuple->items[0]));
  ASSIGN_OR_RETURN(int64_t offset, IntegerOf(*tuple->items[1], "a view's offset"));
  ASSIGN_OR_RETURN(int64_t size, IntegerOf(*tuple->items[2], "a view's size"));
  if (offset < 0 || offset > numel || size < 0 || size > numel - offset) {
    return absl::DataLossError(absl::StrCat("view of ", size, " elements at ", offset, " exceeds a storage of ", numel));
  }
  return Storage::View{.key = std::move(key), .offset = offset, .size = size};
}

absl::Status WholeModule(const Value& type) {
  return absl::PermissionDeniedError(
      absl::StrCat("the file holds a whole module of class ", Describe(type), "; save its state_dict() instead"));
}

// The members of a persistent id, once it is known to be one of a storage.
absl::StatusOr<Arguments> StorageMembers(const Value& id, Form form) {
  const Tuple* tuple = id.As<Tuple>();
  if (tuple == nullptr || tuple->items.empty()) return absl::DataLossError(absl::StrCat(Describe(id), " is not a persistent id of torch"));
  const Arguments members = tuple->items;
  if (form == Form::kLegacy && IsText(*members[0], "module") && members.size() > 1) {
    return WholeModule(*members[1]);
  }
  if (!IsText(*members[0], "storage")) return absl::DataLossError(absl::StrCat("a persistent id of ", Describe(*members[0])));
  const size_t count = form == Form::kLegacy ? 6 : 5;
  if (members.size() != count) {
    return absl::DataLossError(absl::StrCat("a persistent id of ", members.size(), " members, where ", count, " belong"));
  }
  return members;
}

absl::StatusOr<Value*> MakeStorage(Arena& arena, const Value& id, Form form, int64_t position) {
  ASSIGN_OR_RETURN(Arguments members, StorageMembers(id, form));
  const TableRow* type = RowOf(*members[1]);
  if (type == nullptr || (type->kind != &kStorageType && type->kind != &kQuantizedType)) {
    return InPlaceOf(*members[1], "a storage type");
  }
  ASSIGN_OR_RETURN(std::string key, KeyOf(*members[2]));
  ASSIGN_OR_RETURN(int64_t numel, IntegerOf(*members[4], "a storage's number of elements"));
  if (numel < 0) return absl::DataLossError(absl::StrCat("a storage of ", numel, " elements"));
  const Text* location = members[3]->As<Text>();
  if (location == nullptr) return InPlaceOf(*members[3], "a storage's location");
  Storage storage{.dtype = type->dtype, .key = std::move(key), .numel = numel, .view = std::nullopt, .position = position};
  if (members.size() == 6 && members[5]->As<None>() == nullptr) {
    ASSIGN_OR_RETURN(storage.view, ViewOf(*members[5], numel));
  }
  if (IsMeta(location->utf8)) {
    return absl::UnimplementedError(absl::StrCat("a storage on ", Quote(location->utf8), ", of which torch reads no data"));
  }
  if (type->kind == &kQuantizedType) return UnsupportedTensor(arena, absl::StrCat("a quantized tensor (", type->name, ")"));
  if (form == Form::kLegacy && !type->dtype.has_value()) {
    return absl::UnimplementedError("an UntypedStorage in a legacy file, which torch itself does not read; save the file in the zip form");
  }
  return arena.New(std::move(storage));
}

}  // namespace

absl::StatusOr<Value*> LoadZipStorage(Arena& arena, const Value& id, int64_t position) {
  return MakeStorage(arena, id, Form::kZip, position);
}

absl::StatusOr<Value*> LoadLegacyStorage(Arena& arena, const Value& id, int64_t position) {
  return MakeStorage(arena, id, Form::kLegacy, position);
}

bool IsMeta(absl::string_view device) {
  return absl::StartsWith(device, "meta");
}

Value* UnsupportedTensor(Arena& arena, std::string kind) {
  Tensor tensor;
  tensor.unsupported = std::move(kind);
  return arena.New(std::move(tensor));
}

absl::StatusOr<Value*> LoadReference(Arena& arena, const Value& id, int64_t /*position*/) {
  if (const Text* text = id.As<Text>()) return arena.New(Reference{text->utf8});
  const Tuple* tuple = id.As<Tuple>();
  if (tuple == nullptr || tuple->items.empty()) return absl::DataLossError(absl::StrCat(Describe(id), " is not a persistent id of torch"));
  return WholeModule(*tuple->items[0]);
}

}  // namespace weighbridge::pickle
