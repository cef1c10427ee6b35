#include "formats/paddle/array_store.h"

#include <utility>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/latin1_source.h"
#include "formats/pickle/stored_array.h"
#include "formats/pickle/value.h"
#include "formats/stored_tensor.h"

namespace weighbridge::paddle {

absl::StatusOr<StoredTensor> ArrayStore::Store(const pickle::Array& array) {
  if (!array.data.latin1) return pickle::StoreArray(array, source_);
  ByteSourcePtr& decoded = texts_[array.data.offset];
  if (decoded == nullptr) {
    absl::StatusOr<ByteSourcePtr> text = MakeSliceSource(source_->name(), source_, array.data.offset, array.data.size);
    if (!text.ok()) return text.status();
    absl::StatusOr<ByteSourcePtr> bytes = MakeLatin1Source(source_->name(), *std::move(text));
    if (!bytes.ok()) return bytes.status();
    decoded = *std::move(bytes);
  }
  pickle::Array plain = array;
  plain.data = {.offset = 0, .size = decoded->size(), .latin1 = false};
  return pickle::StoreArray(plain, decoded);
}

}  // namespace weighbridge::paddle
