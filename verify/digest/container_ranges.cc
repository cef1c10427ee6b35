#include "verify/digest/container_ranges.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "verify/digest/digest.h"

namespace weighbridge {

FilePlaces::FilePlaces(const Checkpoint& checkpoint) {
  for (size_t i = 0; i < checkpoint.files.size(); ++i) files_.emplace(checkpoint.files[i].bytes.get(), i);
}

std::optional<PlaceInFile> FilePlaces::Find(const StoredTensor& tensor) const {
  const auto file = files_.find(tensor.source().get());
  if (file == files_.end() || !tensor.IsRowMajor()) return std::nullopt;
  return PlaceInFile{.file = file->second, .offset = tensor.offset()};
}

void ForEachRangeBetween(std::vector<FileRange> taken, int64_t file_size, absl::FunctionRef<bool(const FileRange&)> visit) {
  std::sort(taken.begin(), taken.end(), [](const FileRange& a, const FileRange& b) { return a.offset < b.offset; });
  taken.push_back({.offset = file_size, .size = 0});
  int64_t position = 0;
  for (const FileRange& range : taken) {
    while (position < range.offset) {
      const FileRange between{.offset = position, .size = std::min(kDigestChunk, range.offset - position)};
      if (!visit(between)) return;
      position += between.size;
    }
    position = std::max(position, range.offset + range.size);
  }
}

std::vector<std::vector<FileRange>> ContainerRanges(const Checkpoint& checkpoint, const FilePlaces& places) {
  std::vector<std::vector<FileRange>> taken(checkpoint.files.size());
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    const std::optional<PlaceInFile> place = places.Find(tensor.tensor);
    if (place.has_value()) taken[place->file].push_back({.offset = place->offset, .size = tensor.tensor.byte_size()});
  }
  std::vector<std::vector<FileRange>> between(checkpoint.files.size());
  for (size_t file = 0; file < between.size(); ++file) {
    ForEachRangeBetween(std::move(taken[file]), checkpoint.files[file].bytes->size(), [&](const FileRange& range) {
      between[file].push_back(range);
      return true;
    });
  }
  return between;
}

}  // namespace weighbridge
