#include "formats/paddle/read_paddle.h"

#include <cstddef>
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
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/paddle/array_store.h"
#include "formats/paddle/sliced_parameters.h"
#include "formats/paddle/state_dict.h"
#include "formats/pickle/flatten.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

using paddle::Annotate;
using paddle::ArrayStore;
using paddle::Entries;
using paddle::Quoted;
using paddle::SlicedParameters;
using pickle::Value;

using NameTable = absl::flat_hash_map<std::string, std::string>;

// An array of the file, before it is known what Paddle makes of it.
struct FoundArray {
  std::string path;
  StoredTensor elements;
  // Of the tuple in which it stands, where it stands in one (formats.md 8.7).
  std::optional<std::string> tuple_name;
};

// `entries` without the slices. DataLoss unless every listed name has an array there or among the joined parameters.
absl::StatusOr<NameTable> ReadNameTable(const Value& value, const Entries& entries, const SlicedParameters& sliced) {
  const auto* dict = value.As<pickle::Dict>();
  if (dict == nullptr) return absl::DataLossError(absl::StrCat("it is ", pickle::Describe(value), ", not a dict"));
  absl::flat_hash_set<std::string> joined;
  for (const auto& [name, parameter] : sliced.parameters) joined.insert(name);
  NameTable table;
  for (const auto& [key, item] : dict->items) {
    const std::string* name = paddle::TextOf(key);
    if (name == nullptr) return absl::DataLossError(absl::StrCat("it lists ", pickle::Describe(*key), ", not a name"));
    const std::string* tensor_name = paddle::TextOf(item);
    if (tensor_name == nullptr) {
      return absl::DataLossError(absl::StrCat("the tensor name of ", Quoted(*name), " is ", pickle::Describe(*item), ", not a text"));
    }
    const auto entry = entries.find(*name);
    if (entry == entries.end() && !joined.contains(*name)) {
      return absl::DataLossError(absl::StrCat("it lists ", Quoted(*name), ", which has no data"));
    }
    if (entry != entries.end() && paddle::ArrayOf(entry->second) == nullptr) {
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
    const std::string* name = paddle::TextOf(key);
    const bool reserved =
        name != nullptr && (*name == paddle::kNameTable || *name == paddle::kSlicedParameters || sliced.slices.contains(*name));
    if (!reserved) tensors.items.emplace_back(key, value);
  }
  return Value{std::move(tensors)};
}

absl::StatusOr<std::vector<FoundArray>> FindArrays(const Value& root, const ReadLimits& limits, ArrayStore& store) {
  absl::StatusOr<std::vector<pickle::Leaf>> leaves = pickle::Flatten(root, limits);
  if (!leaves.ok()) return leaves.status();
  std::vector<FoundArray> found;
  for (pickle::Leaf& leaf : *leaves) {
    const auto* tuple = leaf.value->As<pickle::NamedArray>();
    const pickle::Array* array = tuple != nullptr ? tuple->array : paddle::ArrayOf(leaf.value);
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

// uint16 stands for bfloat16, which numpy does not have, where Paddle makes a tensor of an array (formats.md 8.6).
absl::StatusOr<StoredTensor> AsPaddleTensor(const StoredTensor& array) {
  if (array.spec().dtype != DType::kUint16) return array;
  return StoredTensor::Create({DType::kBfloat16, array.spec().shape}, array.source(), array.offset(),
                              std::vector<int64_t>(array.strides().begin(), array.strides().end()));
}

// Of which arrays Paddle makes tensors: with a name table of the listed ones; without, of those in tuples, or of all when there is no
// tuple.
absl::Status AddTensors(const std::vector<FoundArray>& found, const std::optional<NameTable>& table, Checkpoint& checkpoint) {
  bool has_tuples = false;
  for (const FoundArray& array : found) has_tuples |= array.tuple_name.has_value();
  std::vector<std::string> unlisted;
  for (const FoundArray& array : found) {
    CheckpointTensor tensor = {.name = array.path, .tensor = array.elements, .tensor_name = array.tuple_name.value_or("")};
    bool is_tensor = array.tuple_name.has_value() || !has_tuples;
    if (table.has_value()) {
      const auto listed = table->find(array.path);
      is_tensor = listed != table->end();
      if (is_tensor) tensor.tensor_name = listed->second;
      if (!is_tensor) unlisted.push_back(Quoted(array.path));
    }
    if (is_tensor) {
      absl::StatusOr<StoredTensor> elements = AsPaddleTensor(array.elements);
      if (!elements.ok()) return elements.status();
      tensor.tensor = *std::move(elements);
    }
    if (absl::Status status = checkpoint.Add(std::move(tensor)); !status.ok()) return status;
  }
  if (unlisted.size() == 1) {
    checkpoint.remarks.push_back(absl::StrCat("the name table does not list ", unlisted[0], ", which Paddle leaves a bare array"));
  } else if (!unlisted.empty()) {
    checkpoint.remarks.push_back(absl::StrCat("the name table does not list ", unlisted.size(),
                                              " arrays, which Paddle leaves bare arrays: ", unlisted[0], " is the first"));
  }
  return absl::OkStatus();
}

// What paddle.load does, step by step: join slices, then read the name table (reference_pipeline.md F.6).
absl::Status ReadRoot(const Value& root, const ByteSourcePtr& source, const ReadLimits& limits, Checkpoint& checkpoint) {
  ArrayStore store(source);
  Entries entries = paddle::EntriesOf(root);
  SlicedParameters sliced;
  if (const auto info = entries.find(paddle::kSlicedParameters); info != entries.end()) {
    absl::StatusOr<SlicedParameters> joined = paddle::JoinSlices(*info->second, entries, store);
    if (!joined.ok()) return Annotate(paddle::kSlicedParameters, joined.status());
    sliced = *std::move(joined);
    for (const std::string& slice : sliced.slices) entries.erase(slice);
  }
  std::optional<NameTable> table;
  if (const auto entry = entries.find(paddle::kNameTable); entry != entries.end()) {
    absl::StatusOr<NameTable> read = ReadNameTable(*entry->second, entries, sliced);
    if (!read.ok()) return Annotate(paddle::kNameTable, read.status());
    table = *std::move(read);
  }
  const auto* dict = root.As<pickle::Dict>();
  absl::StatusOr<std::vector<FoundArray>> found =
      dict == nullptr ? FindArrays(root, limits, store) : FindArrays(TensorsOf(*dict, sliced), limits, store);
  if (!found.ok()) return found.status();
  for (auto& [name, elements] : sliced.parameters) found->push_back({name, std::move(elements), std::nullopt});
  return AddTensors(*found, table, checkpoint);
}

}  // namespace

absl::StatusOr<Checkpoint> ReadPaddle(ByteSourcePtr source, const ReadLimits& limits) {
  pickle::MachineOptions options;
  options.byte_strings = pickle::MachineOptions::ByteStrings::kLatin1;
  options.limits = limits;
  const std::string context = absl::StrCat("reading ", source->name());
  absl::StatusOr<pickle::Document> document = pickle::RunPickle(*source, 0, source->size(), options);
  if (!document.ok()) return Annotate(context, document.status());
  Checkpoint checkpoint;
  checkpoint.path = source->name();
  checkpoint.format = "pdparams";
  if (absl::Status status = ReadRoot(*document->root, source, limits, checkpoint); !status.ok()) return Annotate(context, status);
  if (const int64_t rest = source->size() - document->end; rest > 0) {
    checkpoint.remarks.push_back(absl::StrCat(rest, " bytes after the pickle's end"));
  }
  return checkpoint;
}

}  // namespace weighbridge
