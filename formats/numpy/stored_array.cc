#include "formats/numpy/stored_array.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/element_source.h"
#include "formats/bytes/latin1_source.h"
#include "formats/pickle/value.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {
absl::StatusOr<StoredTensor> StoreArray(const Array& array, const ByteSourcePtr& source) {
  if (!array.dtype.dtype.has_value())
    return absl::UnimplementedError(absl::StrCat("numpy dtype \"", array.dtype.text, "\" is not supported"));
  TensorSpec spec = {.dtype = *array.dtype.dtype, .shape = array.shape};
  ASSIGN_OR_RETURN(const int64_t size, ByteSize(spec));

  ByteSourcePtr data = source;
  int64_t offset = array.data.offset;
  int64_t data_size = array.data.size;
  if (array.data.latin1) {
    ASSIGN_OR_RETURN(ByteSourcePtr text, MakeSliceSource(source->name(), source, offset, data_size));
    ASSIGN_OR_RETURN(data, MakeLatin1Source(source->name(), std::move(text)));
    offset = 0;
    data_size = data->size();
  }
  if (data_size != size) {
    return absl::DataLossError(absl::StrCat(data_size, " bytes of array data, ", ToString(spec), " has ", size));
  }
  if (array.dtype.big_endian && NumberSize(spec.dtype) > 1) {
    ASSIGN_OR_RETURN(data, MakeSwappedSource(source->name(), data, offset, data_size, NumberSize(spec.dtype)));
    offset = 0;
  }
  return StoredTensor::Create(std::move(spec), std::move(data), offset, array.strides);
}

absl::StatusOr<StoredTensor> ArrayStore::Store(const Array& array) {
  if (!array.data.latin1 || !array.dtype.dtype.has_value()) return StoreArray(array, source_);
  ByteSourcePtr& decoded = texts_[array.data.offset];
  if (decoded == nullptr) {
    ASSIGN_OR_RETURN(ByteSourcePtr text, MakeSliceSource(source_->name(), source_, array.data.offset, array.data.size));
    ASSIGN_OR_RETURN(decoded, MakeLatin1Source(source_->name(), std::move(text)));
    decoded_ += array.data.size;
  }
  Array plain = array;
  plain.data = {.offset = 0, .size = decoded->size(), .latin1 = false};
  return StoreArray(plain, decoded);
}

}  // namespace weighbridge::pickle
