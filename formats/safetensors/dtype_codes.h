#ifndef WEIGHBRIDGE_FORMATS_SAFETENSORS_DTYPE_CODES_H_
#define WEIGHBRIDGE_FORMATS_SAFETENSORS_DTYPE_CODES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// An element type under the name that safetensors gives it (docs/spec/formats.md 6.4). `rank` is its place in the reference's enumeration,
// which ascends by alignment; files are written by descending rank.
struct DTypeCode {
  DType dtype;
  absl::string_view code;
  int rank = 0;
};

// The row of a code that stands in a file. Unimplemented for the sub-byte types and for what may be a type of a later version, DataLoss
// for what no version can have; both name the code.
absl::StatusOr<DTypeCode> DecodeDType(absl::string_view code);

// The row of a type that is to be written. Unimplemented for one that safetensors does not have: complex128.
absl::StatusOr<DTypeCode> EncodeDType(DType dtype);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_SAFETENSORS_DTYPE_CODES_H_
