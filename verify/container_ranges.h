#ifndef WEIGHBRIDGE_VERIFY_CONTAINER_RANGES_H_
#define WEIGHBRIDGE_VERIFY_CONTAINER_RANGES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"

namespace weighbridge {

// Where a tensor lies as it is, row-major and in one piece.
struct PlaceInFile {
  size_t file = 0;  // Of the checkpoint's files.
  int64_t offset = 0;
};

// Nothing where the elements are decoded, transposed, or lie in several pieces.
std::optional<PlaceInFile> FindPlace(const StoredTensor& tensor, const Checkpoint& checkpoint);

// Consecutive bytes of a file.
struct FileRange {
  int64_t offset = 0;
  int64_t size = 0;
};

// Calls `visit` with the bytes of a file of so many that none of `taken`, which lie inside it, has: in order, in ranges of at most
// kDigestChunk bytes, until it returns false.
void ForEachRangeBetween(std::vector<FileRange> taken, int64_t file_size, absl::FunctionRef<bool(const FileRange&)> visit);

// The bytes of one file that belong to no tensor with a place, in order, in ranges of at most kDigestChunk bytes.
std::vector<FileRange> ContainerRanges(const Checkpoint& checkpoint, size_t file);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_CONTAINER_RANGES_H_
