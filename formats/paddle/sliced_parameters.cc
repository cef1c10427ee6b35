#include "formats/paddle/sliced_parameters.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/numpy/stored_array.h"
#include "formats/paddle/state_dict.h"
#include "formats/pickle/flatten.h"
#include "formats/pickle/value.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge::paddle {
namespace {

using pickle::Value;

// The elements of one slice.
absl::StatusOr<StoredTensor> FindSlice(const Value& item, const Entries& entries, pickle::ArrayStore& store) {
  const std::string* name = TextOf(&item);
  if (name == nullptr) return absl::DataLossError(absl::StrCat("a slice is ", pickle::Describe(item), ", not a name"));
  const auto entry = entries.find(*name);
  if (entry == entries.end()) return absl::DataLossError(absl::StrCat("slice ", Quoted(*name), " is missing"));
  const pickle::Array* array = pickle::ArrayOf(entry->second);
  if (array == nullptr) {
    return absl::DataLossError(absl::StrCat("slice ", Quoted(*name), " is ", pickle::Describe(*entry->second), ", not an array"));
  }
  absl::StatusOr<StoredTensor> slice = store.Store(*array);
  if (!slice.ok()) return Annotate(slice.status(), absl::StrCat("slice ", Quoted(*name)));
  if (slice->spec().shape.size() != 1) {
    return absl::DataLossError(absl::StrCat("slice ", Quoted(*name), " is ", ToString(slice->spec()), ", not one-dimensional"));
  }
  return slice;
}

// The elements of all slices, one after the other, as a one-dimensional tensor.
absl::StatusOr<StoredTensor> Concatenate(const pickle::List& list, const Entries& entries, pickle::ArrayStore& store,
                                         absl::flat_hash_set<std::string>& used) {
  std::vector<ByteSourcePtr> parts;
  std::optional<DType> dtype;
  for (const Value* item : list.items) {
    ASSIGN_OR_RETURN(StoredTensor slice, FindSlice(*item, entries, store));
    const std::string& name = *TextOf(item);
    if (!used.insert(name).second) return absl::DataLossError(absl::StrCat("slice ", Quoted(name), " is used twice"));
    if (dtype.has_value() && slice.spec().dtype != *dtype) {
      return absl::DataLossError(
          absl::StrCat("slice ", Quoted(name), " is ", DTypeName(slice.spec().dtype), ", the one before it ", DTypeName(*dtype)));
    }
    dtype = slice.spec().dtype;
    ASSIGN_OR_RETURN(ByteSourcePtr part, MakeSliceSource(store.source()->name(), slice.source(), slice.offset(), slice.byte_size()));
    parts.push_back(std::move(part));
  }
  if (!dtype.has_value()) return absl::DataLossError("it has no slices");
  ASSIGN_OR_RETURN(ByteSourcePtr joined, MakeJoinedSource(store.source()->name(), std::move(parts)));
  const int64_t count = joined->size() / ItemSize(*dtype);
  return StoredTensor::CreateRowMajor({*dtype, {count}}, std::move(joined), 0);
}

// The extents of a tuple of at most 64 integers (numpy's limit on axes), or nothing.
std::optional<Shape> ShapeOf(const Value* value) {
  constexpr size_t kAxes = 64;
  const auto* tuple = value == nullptr ? nullptr : value->As<pickle::Tuple>();
  if (tuple == nullptr || tuple->items.size() > kAxes) return std::nullopt;
  Shape shape;
  for (const Value* item : tuple->items) {
    const auto* extent = item->As<int64_t>();
    if (extent == nullptr) return std::nullopt;
    shape.push_back(*extent);
  }
  return shape;
}

// One parameter from its description {"OriginShape": (…), "slices": […]}.
absl::StatusOr<StoredTensor> JoinParameter(const Value& description, const Entries& entries, pickle::ArrayStore& store,
                                           absl::flat_hash_set<std::string>& used) {
  const auto* dict = description.As<pickle::Dict>();
  if (dict == nullptr) return absl::DataLossError(absl::StrCat("it is described by ", pickle::Describe(description), ", not a dict"));
  if (dict->items.size() != 2)
    return absl::DataLossError(absl::StrCat("it is described by ", pickle::Describe(description), ", not of OriginShape and slices alone"));
  const std::optional<Shape> shape = ShapeOf(dict->Find("OriginShape"));
  if (!shape.has_value()) return absl::DataLossError("OriginShape is not a tuple of integers");
  const Value* slices = dict->Find("slices");
  const auto* list = slices == nullptr ? nullptr : slices->As<pickle::List>();
  if (list == nullptr) return absl::DataLossError("slices is not a list");
  ASSIGN_OR_RETURN(StoredTensor flat, Concatenate(*list, entries, store, used));
  ASSIGN_OR_RETURN(int64_t count, ElementCount(*shape));
  if (count != flat.element_count()) {
    return absl::DataLossError(
        absl::StrCat("OriginShape ", ShapeToString(*shape), " has ", count, " elements, the slices ", flat.element_count()));
  }
  return StoredTensor::CreateRowMajor({flat.spec().dtype, *shape}, flat.source(), 0);
}

}  // namespace

absl::StatusOr<SlicedParameters> JoinSlices(const Value& info, const Entries& entries, pickle::ArrayStore& store) {
  const auto* dict = info.As<pickle::Dict>();
  if (dict == nullptr) return absl::DataLossError(absl::StrCat("it is ", pickle::Describe(info), ", not a dict"));
  SlicedParameters sliced;
  for (const auto& [key, description] : dict->items) {
    const std::string* name = TextOf(key);
    if (name == nullptr) return absl::DataLossError(absl::StrCat("it lists ", pickle::Describe(*key), ", not a name"));
    if (entries.contains(*name)) {
      return absl::DataLossError(absl::StrCat("parameter ", Quoted(*name), " has slices, and another entry has its name"));
    }
    absl::StatusOr<StoredTensor> parameter = JoinParameter(*description, entries, store, sliced.slices);
    if (!parameter.ok()) return Annotate(parameter.status(), absl::StrCat("parameter ", Quoted(*name)));
    sliced.parameters.emplace_back(*name, *std::move(parameter));
  }
  return sliced;
}

}  // namespace weighbridge::paddle
