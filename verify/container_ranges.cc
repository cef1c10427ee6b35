#include "verify/container_ranges.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

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

std::vector<FileRange> ContainerRanges(const Checkpoint& checkpoint, size_t file) {
  std::vector<FileRange> taken;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    const std::optional<PlaceInFile> place = FindPlace(tensor.tensor, checkpoint);
    if (place.has_value() && place->file == file) taken.push_back({.offset = place->offset, .size = tensor.tensor.byte_size()});
  }
  std::sort(taken.begin(), taken.end(), [](const FileRange& a, const FileRange& b) { return a.offset < b.offset; });
  const int64_t size = checkpoint.files[file].bytes->size();
  taken.push_back({.offset = size, .size = 0});
  std::vector<FileRange> between;
  int64_t position = 0;
  for (const FileRange& range : taken) {
    for (; position < range.offset; position += between.back().size) {
      between.push_back({.offset = position, .size = std::min(kDigestChunk, range.offset - position)});
    }
    position = std::max(position, range.offset + range.size);
  }
  return between;
}

}  // namespace weighbridge
