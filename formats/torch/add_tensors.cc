#include "formats/torch/add_tensors.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/element_source.h"
#include "formats/checkpoint.h"
#include "formats/numpy/stored_array.h"
#include "formats/pickle/budget.h"
#include "formats/pickle/flatten.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {
namespace {

// The part of a root storage that a legacy view is (docs/spec/formats.md 4.3).
absl::StatusOr<SourceRange> ViewBytes(const pickle::Storage& storage, const SourceRange& root) {
  const pickle::Storage::View& view = *storage.view;
  if (view.offset < 0 || view.size < 0 || view.offset > storage.numel || view.size > storage.numel - view.offset) {
    return absl::DataLossError(
        absl::StrCat("its view of elements ", view.offset, " + ", view.size, " exceeds the ", storage.numel, " of the storage"));
  }
  const int64_t width = ItemSize(storage.dtype.value_or(DType::kUint8));
  return SourceRange{.source = root.source, .offset = root.offset + view.offset * width, .size = view.size * width};
}

absl::StatusOr<SourceRange> StorageBytes(const pickle::Storage& storage, StorageFinder find_storage) {
  absl::StatusOr<SourceRange> bytes = find_storage(storage);
  if (bytes.ok() && storage.view.has_value()) bytes = ViewBytes(storage, *bytes);
  if (bytes.ok()) return bytes;
  return Annotate(bytes.status(), absl::StrCat("storage \"", absl::Utf8SafeCEscape(storage.key), "\""));
}

// The storage with the signs flipped as the tensor's conj and neg bits say (docs/spec/formats.md 3.5). The machine gives conj bits to
// complex numbers alone.
absl::StatusOr<SourceRange> ApplySignBits(const pickle::Tensor& tensor, const SourceRange& storage) {
  if (!IsComplex(tensor.dtype) && !IsFloatingPoint(tensor.dtype)) {
    return absl::UnimplementedError(absl::StrCat("a neg bit on ", DTypeName(tensor.dtype), " is not supported"));
  }
  // Of complex numbers conj flips the second part, neg both, so the two together the first.
  SourceRange result = storage;
  const int64_t width = NumberSize(tensor.dtype);
  for (const auto& [applies, period, first] : {std::tuple(tensor.neg, 1, 0), std::tuple(tensor.conj, 2, 1)}) {
    if (!applies) continue;
    absl::StatusOr<ByteSourcePtr> source =
        MakeNegatedSource(result.source->name(), result.source, result.offset, result.size, width, period, first);
    if (!source.ok()) return source.status();
    result = {.source = *std::move(source), .offset = 0, .size = storage.size};
  }
  return result;
}

// Finds the elements of leaves. Tensors share storages: each is found once, as is each text that spells bytes.
class LeafStore {
 public:
  LeafStore(const ByteSourcePtr& pickle_source, StorageFinder find_storage) : arrays_(pickle_source), find_storage_(find_storage) {}

  absl::StatusOr<StoredTensor> Store(const pickle::Value& leaf) {
    if (const auto* tensor = leaf.As<pickle::Tensor>()) return StoreTensor(*tensor);
    if (const auto* storage = leaf.As<pickle::Storage>()) return StoreBare(*storage);
    if (const pickle::Array* array = pickle::ArrayOf(&leaf)) return arrays_.Store(*array);
    return absl::UnimplementedError(absl::StrCat("it is ", Describe(leaf), ", which only the tar form has"));
  }

  int64_t work() const { return work_ + arrays_.decoded() / pickle::kTextStep; }

 private:
  absl::StatusOr<SourceRange> Bytes(const pickle::Storage& storage) {
    const auto [found, is_new] = bytes_.try_emplace(&storage);
    if (!is_new) return found->second;
    work_ += 1 + static_cast<int64_t>(storage.key.size()) / pickle::kTextStep;
    absl::StatusOr<SourceRange> bytes = StorageBytes(storage, find_storage_);
    if (bytes.ok()) found->second = *bytes;
    return bytes;
  }

  absl::StatusOr<StoredTensor> StoreTensor(const pickle::Tensor& tensor) {
    if (!tensor.unsupported.empty())
      return absl::UnimplementedError(absl::StrCat("it is ", tensor.unsupported, ", which is not supported"));
    absl::StatusOr<SourceRange> storage = Bytes(*tensor.storage);
    if (storage.ok() && (tensor.conj || tensor.neg)) storage = ApplySignBits(tensor, *storage);
    if (!storage.ok()) return storage.status();
    return InsideStorage({.dtype = tensor.dtype, .shape = tensor.size}, *storage, tensor.offset, tensor.stride);
  }

  absl::StatusOr<StoredTensor> StoreBare(const pickle::Storage& storage) {
    ASSIGN_OR_RETURN(SourceRange bytes, Bytes(storage));
    const DType dtype = storage.dtype.value_or(DType::kUint8);
    return StoredTensor::CreateRowMajor({.dtype = dtype, .shape = {bytes.size / ItemSize(dtype)}}, bytes.source, bytes.offset);
  }

  pickle::ArrayStore arrays_;
  StorageFinder find_storage_;
  absl::flat_hash_map<const pickle::Storage*, SourceRange> bytes_;
  int64_t work_ = 0;
};

}  // namespace

// It is made twice: over the storage alone, which proves that it does not reach beyond, and over the source that holds the storage, which
// is what readers of whole files know.
absl::StatusOr<StoredTensor> InsideStorage(TensorSpec spec, const SourceRange& storage, int64_t first_element,
                                           std::vector<int64_t> strides) {
  int64_t offset = 0;
  if (first_element < 0 || __builtin_mul_overflow(first_element, ItemSize(spec.dtype), &offset)) {
    return absl::DataLossError(absl::StrCat("its first element is number ", first_element, " of the storage"));
  }
  ASSIGN_OR_RETURN(ByteSourcePtr alone, MakeSliceSource("its storage", storage.source, storage.offset, storage.size));
  absl::StatusOr<StoredTensor> proof = StoredTensor::Create(spec, std::move(alone), offset, strides);
  // A tensor without elements may begin anywhere, also where an offset in the file would overflow.
  if (!proof.ok() || proof->element_count() == 0) return proof;
  return StoredTensor::Create(std::move(spec), storage.source, storage.offset + offset, std::move(strides));
}

absl::Status AddTensors(const pickle::Document& document, const ByteSourcePtr& pickle_source, StorageFinder find_storage,
                        const ReadLimits& limits, Checkpoint& checkpoint) {
  ASSIGN_OR_RETURN(pickle::Leaves found, pickle::Flatten(document, *document.root, pickle::Pairs::kAreTuples, limits));
  LeafStore store(pickle_source, find_storage);
  for (pickle::Leaf& leaf : found.leaves) {
    absl::StatusOr<StoredTensor> tensor = store.Store(*leaf.value);
    if (!tensor.ok()) {
      return Annotate(tensor.status(), absl::StrCat("tensor \"", absl::Utf8SafeCEscape(leaf.path), "\""));
    }
    RETURN_IF_ERROR(checkpoint.Add({.name = std::move(leaf.path), .tensor = *std::move(tensor), .tensor_name = ""}));
  }
  for (std::string& sentence : found.unlisted) checkpoint.unlisted.push_back(std::move(sentence));
  checkpoint.work += document.work + found.work + store.work();
  return absl::OkStatus();
}

}  // namespace weighbridge
