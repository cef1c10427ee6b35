#ifndef WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_OBJECTS_H_
#define WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_OBJECTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/pickle/arena.h"
#include "formats/pickle/dialect.h"
#include "formats/pickle/value.h"

namespace weighbridge::pickle {

// The class of arrays, which is only named.
inline constexpr GlobalKind kNumpyArrayType = {};

// All of these: DataLoss when the arguments or the state are of another number or kind, or contradict each other; Unimplemented for
// versions that are not read.

// `_reconstruct(ndarray, (0,), b"b")`: an array that waits for its BUILD (docs/spec/formats.md 8.2). PermissionDenied: another class.
absl::StatusOr<Value*> ReconstructArray(Arena& arena, const TableRow& function, Arguments arguments);

// The state (1, shape, dtype, is_fortran, bytes). What an array of an element type that is not read holds is not looked at.
absl::Status BuildArray(Array& array, const Value& state);

// `_frombuffer(bytes, dtype, shape, order[, axis_order])` (docs/spec/formats.md 8.4).
absl::StatusOr<Value*> ArrayFromBuffer(Arena& arena, const TableRow& function, Arguments arguments);

// `dtype(text, align, copy)`: a dtype object that waits for its BUILD (docs/spec/formats.md 8.3).
absl::StatusOr<Value*> MakeArrayDType(Arena& arena, const TableRow& function, Arguments arguments);

// The state (3, order, None, None, None, -1, -1, 0).
absl::Status BuildArrayDType(ArrayDType& dtype, const Value& state);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_OBJECTS_H_
