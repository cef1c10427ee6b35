#ifndef WEIGHBRIDGE_FORMATS_NUMPY_NPY_HEADER_H_
#define WEIGHBRIDGE_FORMATS_NUMPY_NPY_HEADER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// What stands before the elements of an .npy file.
struct NpyHeader {
  TensorSpec spec;
  bool big_endian = false;
  bool fortran_order = false;
  int64_t data_offset = 0;  // Bytes from the start of the file.
};

// Reads the header of an .npy file, versions 1.0 to 3.0 (docs/spec/formats.md 7.1, 7.2), from a source that holds at least all of it. It is
// compared with a grammar, never evaluated.
//
// DataLoss: it is not a header. Unimplemented, naming it: another version, or a dtype that is not read (objects, records, texts, times).
// ResourceExhausted: it is longer than `limit` bytes. Otherwise as ByteSource::ReadAt.
absl::StatusOr<NpyHeader> ReadNpyHeader(const ByteSource& source, int64_t limit);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_NUMPY_NPY_HEADER_H_
