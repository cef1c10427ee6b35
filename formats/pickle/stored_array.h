#ifndef WEIGHBRIDGE_FORMATS_PICKLE_STORED_ARRAY_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_STORED_ARRAY_H_

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/pickle/value.h"
#include "formats/stored_tensor.h"

namespace weighbridge::pickle {

// The elements of a numpy array whose pickle stands in `source`, in any of the encodings of formats.md 8.2 to 8.5: Fortran order,
// big-endian, bytes as text. Unimplemented, naming it: a dtype that is not read. DataLoss: the bytes are not exactly shape × width, or do
// not lie inside the source.
absl::StatusOr<StoredTensor> StoreArray(const Array& array, const ByteSourcePtr& source);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_STORED_ARRAY_H_
