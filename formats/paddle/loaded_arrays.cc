#include "formats/paddle/loaded_arrays.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/numpy/stored_array.h"
#include "formats/paddle/sliced_parameters.h"
#include "formats/paddle/state_dict.h"
#include "formats/pickle/budget.h"
#include "formats/pickle/flatten.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"

namespace weighbridge::paddle {
namespace {

using pickle::Value;
using NameTable = absl::flat_hash_map<std::string, std::string>;

// Names that tensors have beside their paths: many may share one long text of the pickle, yet each has a copy.
class NameBudget {
 public:
  NameBudget(const pickle::Document& document, const ReadLimits& limits) : left_(pickle::MemoryLimit(limits, document.program)) {}

  absl::Status Take(const std::string& name) {
    left_ -= static_cast<int64_t>(name.size());
    if (left_ >= 0) return absl::OkStatus();
    return absl::ResourceExhaustedError("the tensors' own names take more memory than the length of the pickle allows");
  }

 private:
  int64_t left_;
};

// `entries` without the slices. DataLoss unless every listed name has an array there or among the joined parameters.
absl::StatusOr<NameTable> ReadNameTable(const Value& value, const Entries& entries, const SlicedParameters& sliced, NameBudget& budget) {
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
    if (entry != entries.end() && pickle::ArrayOf(entry->second) == nullptr) {
      return absl::DataLossError(
          absl::StrCat("it lists ", Quoted(*name), ", which is ", pickle::Describe(*entry->second), ", not an array"));
    }
    RETURN_IF_ERROR(budget.Take(*tensor_name));
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
  return Value{.data = std::move(tensors), .holds_tensors = true};
}

// The text of a tuple that is a pair, or nullptr for an array that stands alone.
absl::StatusOr<const std::string*> NameOf(const Value& leaf) {
  const auto* tuple = leaf.As<pickle::Tuple>();
  if (tuple == nullptr) return nullptr;
  const std::string* name = TextOf(tuple->items[0]);
  if (name != nullptr) return name;
  return absl::DataLossError(absl::StrCat(pickle::Describe(*tuple->items[0]), " stands in place of a tensor's name"));
}

absl::StatusOr<LoadedArrays::Array> LoadArray(pickle::Leaf& leaf, pickle::ArrayStore& store, NameBudget& budget) {
  ASSIGN_OR_RETURN(const std::string* name, NameOf(*leaf.value));
  const pickle::Array* array = pickle::ArrayOf(name == nullptr ? leaf.value : leaf.value->As<pickle::Tuple>()->items[1]);
  if (array == nullptr) return absl::UnimplementedError(absl::StrCat("it is ", pickle::Describe(*leaf.value)));
  ASSIGN_OR_RETURN(StoredTensor elements, store.Store(*array));
  LoadedArrays::Array loaded = {.path = std::move(leaf.path), .elements = std::move(elements), .tuple_name = std::nullopt};
  if (name == nullptr) return loaded;
  RETURN_IF_ERROR(budget.Take(*name));
  loaded.tuple_name = *name;
  return loaded;
}

absl::Status FindArrays(const pickle::Document& document, const Value& root, const ReadLimits& limits, pickle::ArrayStore& store,
                        NameBudget& budget, LoadedArrays& loaded) {
  const pickle::Pairs pairs = loaded.name_table.has_value() ? pickle::Pairs::kAreTuples : pickle::Pairs::kAreLeaves;
  ASSIGN_OR_RETURN(pickle::Leaves found, pickle::Flatten(document, root, pairs, limits));
  for (pickle::Leaf& leaf : found.leaves) {
    const std::string path = leaf.path;
    ASSIGN_OR_RETURN(LoadedArrays::Array array, LoadArray(leaf, store, budget), Annotate(_, absl::StrCat("tensor ", Quoted(path))));
    loaded.arrays.push_back(std::move(array));
  }
  loaded.unlisted = std::move(found.unlisted);
  loaded.work = document.work + found.work + store.decoded() / pickle::kTextStep;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoadedArrays> LoadArrays(const pickle::Document& document, const ByteSourcePtr& source, const ReadLimits& limits) {
  const Value& root = *document.root;
  NameBudget budget(document, limits);
  LoadedArrays loaded;
  pickle::ArrayStore store(source);
  Entries entries = EntriesOf(root);
  SlicedParameters sliced;
  if (const auto info = entries.find(kSlicedParameters); info != entries.end()) {
    ASSIGN_OR_RETURN(sliced, JoinSlices(*info->second, entries, store), Annotate(_, kSlicedParameters));
    for (const std::string& slice : sliced.slices) entries.erase(slice);
  }
  if (const auto entry = entries.find(kNameTable); entry != entries.end()) {
    ASSIGN_OR_RETURN(loaded.name_table, ReadNameTable(*entry->second, entries, sliced, budget), Annotate(_, kNameTable));
  }
  const auto* dict = root.As<pickle::Dict>();
  RETURN_IF_ERROR(dict == nullptr ? FindArrays(document, root, limits, store, budget, loaded)
                                  : FindArrays(document, TensorsOf(*dict, sliced), limits, store, budget, loaded));
  for (auto& [name, elements] : sliced.parameters) loaded.arrays.push_back({name, std::move(elements), std::nullopt});
  return loaded;
}

}  // namespace weighbridge::paddle
