#include "verify/container_ranges.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "verify/digest.h"

namespace weighbridge {

std::optional<PlaceInFile> FindPlace(const StoredTensor& tensor, const Checkpoint& checkpoint) {
  if (!tensor.IsRowMajor()) return std::nullopt;
  for (size_t i = 0; i < checkpoint.files.size(); ++i) {
    if (checkpoint.files[i].bytes.get() == tensor.source().get()) return PlaceInFile{.file = i, .offset = tensor.offset()};
  }
  return std::nullopt;
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

std::vector<FileRange> ContainerRanges(const Checkpoint& checkpoint, size_t file) {
  std::vector<FileRange> taken;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    const std::optional<PlaceInFile> place = FindPlace(tensor.tensor, checkpoint);
    if (place.has_value() && place->file == file) taken.push_back({.offset = place->offset, .size = tensor.tensor.byte_size()});
  }
  std::vector<FileRange> between;
  ForEachRangeBetween(std::move(taken), checkpoint.files[file].bytes->size(), [&](const FileRange& range) {
    between.push_back(range);
    return true;
  });
  return between;
}

}  // namespace weighbridge
