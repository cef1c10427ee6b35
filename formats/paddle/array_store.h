#ifndef WEIGHBRIDGE_FORMATS_PADDLE_ARRAY_STORE_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_ARRAY_STORE_H_

#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/value.h"
#include "formats/stored_tensor.h"

namespace weighbridge::paddle {

// Finds the elements of a pickle's arrays in its source. As pickle::StoreArray, but bytes that are spelled as text are decoded once however
// many arrays share them: a short pickle can name one long text a million times.
class ArrayStore {
 public:
  explicit ArrayStore(ByteSourcePtr source) : source_(std::move(source)) {}

  const ByteSourcePtr& source() const { return source_; }

  absl::StatusOr<StoredTensor> Store(const pickle::Array& array);

 private:
  ByteSourcePtr source_;
  absl::flat_hash_map<int64_t, ByteSourcePtr> texts_;  // Decoded; by the offset of the text.
};

}  // namespace weighbridge::paddle

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_ARRAY_STORE_H_
