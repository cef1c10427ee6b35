#ifndef WEIGHBRIDGE_FORMATS_BYTES_ELEMENT_SOURCE_H_
#define WEIGHBRIDGE_FORMATS_BYTES_ELEMENT_SOURCE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"

namespace weighbridge {

// Bytes [offset, offset + size) of `source`, an array of big-endian numbers of `width` bytes each, little-endian. DataLoss when they do not
// lie inside it or `size` is no multiple of `width`, which is 1 to 16. Complex numbers are two numbers: `width` is that of one part.
absl::StatusOr<ByteSourcePtr> MakeSwappedSource(std::string name, ByteSourcePtr source, int64_t offset, int64_t size, int64_t width);

// Bytes [offset, offset + size) of `source`, an array of little-endian floating-point numbers of `width` bytes each, with the sign bit of
// those numbers flipped whose index modulo `period` is not less than `first`: period 1, first 0 negates all; period 2, first 1 negates
// imaginary parts. Fails as MakeSwappedSource.
absl::StatusOr<ByteSourcePtr> MakeNegatedSource(std::string name, ByteSourcePtr source, int64_t offset, int64_t size, int64_t width,
                                                int64_t period, int64_t first);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_BYTES_ELEMENT_SOURCE_H_
