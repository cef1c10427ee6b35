#ifndef WEIGHBRIDGE_FORMATS_NUMPY_STORED_ARRAY_H_
#define WEIGHBRIDGE_FORMATS_NUMPY_STORED_ARRAY_H_

#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/value.h"
#include "formats/stored_tensor.h"

namespace weighbridge::pickle {

// The elements of a numpy array whose pickle stands in `source`, in any of the encodings of docs/spec/formats.md 8.2 to 8.5: Fortran order,
// big-endian, bytes as text. Unimplemented, naming it: a dtype that is not read. DataLoss: the bytes are not exactly shape × width, or do
// not lie inside the source.
absl::StatusOr<StoredTensor> StoreArray(const Array& array, const ByteSourcePtr& source);

// StoreArray for the arrays of one pickle: bytes that are spelled as text are decoded once however many arrays share them. A short pickle
// can name one long text a million times.
class ArrayStore {
 public:
  explicit ArrayStore(ByteSourcePtr source) : source_(std::move(source)) {}

  const ByteSourcePtr& source() const { return source_; }

  absl::StatusOr<StoredTensor> Store(const Array& array);

  // Bytes of text that were decoded.
  int64_t decoded() const { return decoded_; }

 private:
  ByteSourcePtr source_;
  absl::flat_hash_map<int64_t, ByteSourcePtr> texts_;  // Decoded; by the offset of the text.
  int64_t decoded_ = 0;
};

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_NUMPY_STORED_ARRAY_H_
