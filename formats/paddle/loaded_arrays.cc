#include "formats/paddle/loaded_arrays.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/bytes/byte_source.h"
#include "formats/paddle/array_store.h"
#include "formats/paddle/sliced_parameters.h"
#include "formats/paddle/state_dict.h"
#include "formats/pickle/flatten.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"

namespace weighbridge::paddle {
namespace {

using pickle::Value;
using NameTable = absl::flat_hash_map<std::string, std::string>;

// `entries` without the slices. DataLoss unless every listed name has an array there or among the joined parameters.
absl::StatusOr<NameTable> ReadNameTable(const Value& value, const Entries& entries, const SlicedParameters& sliced) {
  const auto* dict = value.As<pickle::Dict>();
  if (dict == nullptr) return absl::DataLossError(absl::StrCat("it is ", pickle::Describe(value), ", not a dict"));
  absl::flat_hash_set<std::string> joined;
  for (const auto& [name, parameter] : sliced.parameters) joined.insert(name);
  NameTable table;
  for (const auto& [key, item] : dict->items) {
    const std::string* name = TextOf(key);
    if (name == nullptr) return absl::DataLossError(absl::StrCat("it lists ", pickle::Describe(*key), ", not a name"));
    const std::string* tensor_name = TextOf(item);
    if (tensor_name == nullptr) {
      return absl::DataLossError(absl::StrCat("the tensor name of ", Quoted(*name), " is ", pickle::Describe(*item), ", not a text"));
    }
    const auto entry = entries.find(*name);
    if (entry == entries.end() && !joined.contains(*name)) {
      return absl::DataLossError(absl::StrCat("it lists ", Quoted(*name), ", which has no data"));
    }
    if (entry != entries.end() && ArrayOf(entry->second) == nullptr) {
      return absl::DataLossError(
          absl::StrCat("it lists ", Quoted(*name), ", which is ", pickle::Describe(*entry->second), ", not an array"));
    }
    table.emplace(*name, *tensor_name);
  }
  return table;
}

// The dict without its reserved entries and without slices. Its values belong to the document of `root`.
Value TensorsOf(const pickle::Dict& root, const SlicedParameters& sliced) {
  pickle::Dict tensors;
  for (const auto& [key, value] : root.items) {
    const std::string* name = TextOf(key);
    const bool reserved = name != nullptr && (*name == kNameTable || *name == kSlicedParameters || sliced.slices.contains(*name));
    if (!reserved) tensors.items.emplace_back(key, value);
  }
  return Value{std::move(tensors)};
}

absl::StatusOr<std::vector<LoadedArrays::Array>> FindArrays(const Value& root, const ReadLimits& limits, ArrayStore& store) {
  absl::StatusOr<std::vector<pickle::Leaf>> leaves = pickle::Flatten(root, limits);
  if (!leaves.ok()) return leaves.status();
  std::vector<LoadedArrays::Array> found;
  for (pickle::Leaf& leaf : *leaves) {
    const auto* tuple = leaf.value->As<pickle::NamedArray>();
    const pickle::Array* array = tuple != nullptr ? tuple->array : ArrayOf(leaf.value);
    if (array == nullptr) {
      return absl::UnimplementedError(absl::StrCat("tensor ", Quoted(leaf.path), " is ", pickle::Describe(*leaf.value)));
    }
    absl::StatusOr<StoredTensor> elements = store.Store(*array);
    if (!elements.ok()) return Annotate(absl::StrCat("tensor ", Quoted(leaf.path)), elements.status());
    found.push_back({std::move(leaf.path), *std::move(elements), std::nullopt});
    if (tuple != nullptr) found.back().tuple_name = tuple->name;
  }
  return found;
}

}  // namespace

absl::StatusOr<LoadedArrays> LoadArrays(const Value& root, const ByteSourcePtr& source, const ReadLimits& limits) {
  LoadedArrays loaded;
  ArrayStore store(source);
  Entries entries = EntriesOf(root);
  SlicedParameters sliced;
  if (const auto info = entries.find(kSlicedParameters); info != entries.end()) {
    absl::StatusOr<SlicedParameters> joined = JoinSlices(*info->second, entries, store);
    if (!joined.ok()) return Annotate(kSlicedParameters, joined.status());
    sliced = *std::move(joined);
    for (const std::string& slice : sliced.slices) entries.erase(slice);
  }
  if (const auto entry = entries.find(kNameTable); entry != entries.end()) {
    absl::StatusOr<NameTable> table = ReadNameTable(*entry->second, entries, sliced);
    if (!table.ok()) return Annotate(kNameTable, table.status());
    loaded.name_table = *std::move(table);
  }
  const auto* dict = root.As<pickle::Dict>();
  absl::StatusOr<std::vector<LoadedArrays::Array>> arrays =
      dict == nullptr ? FindArrays(root, limits, store) : FindArrays(TensorsOf(*dict, sliced), limits, store);
  if (!arrays.ok()) return arrays.status();
  loaded.arrays = *std::move(arrays);
  for (auto& [name, elements] : sliced.parameters) loaded.arrays.push_back({name, std::move(elements), std::nullopt});
  return loaded;
}

}  // namespace weighbridge::paddle
