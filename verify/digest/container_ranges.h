#ifndef WEIGHBRIDGE_VERIFY_DIGEST_CONTAINER_RANGES_H_
#define WEIGHBRIDGE_VERIFY_DIGEST_CONTAINER_RANGES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"

namespace weighbridge {

// Where a tensor lies as it is, row-major and in one piece.
struct PlaceInFile {
  size_t file = 0;  // Of the checkpoint's files.
  int64_t offset = 0;
};

// Which file of a checkpoint, which must outlive it and keep its files, holds a tensor.
class FilePlaces {
 public:
  explicit FilePlaces(const Checkpoint& checkpoint);

  // Nothing where the elements are decoded, transposed, or lie in several pieces.
  std::optional<PlaceInFile> Find(const StoredTensor& tensor) const;
  // Whether the source is one of the files.
  bool IsFile(const ByteSource* source) const { return files_.contains(source); }

 private:
  absl::flat_hash_map<const ByteSource*, size_t> files_;
};

// Consecutive bytes of a file.
struct FileRange {
  int64_t offset = 0;
  int64_t size = 0;
};

// Calls `visit` with what `taken`, ranges inside a file of `file_size` bytes, leave of it: in order, in ranges of at most kDigestChunk
// bytes, until it returns false.
void ForEachRangeBetween(std::vector<FileRange> taken, int64_t file_size, absl::FunctionRef<bool(const FileRange&)> visit);

// The bytes of each file that belong to no tensor with a place, in order, in ranges of at most kDigestChunk bytes.
std::vector<std::vector<FileRange>> ContainerRanges(const Checkpoint& checkpoint, const FilePlaces& places);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_DIGEST_CONTAINER_RANGES_H_
