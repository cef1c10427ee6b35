#ifndef WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_DTYPE_H_
#define WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_DTYPE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge::pickle {

// The element type that numpy's text for it, without byte order, names: "f4", "c16", "?" (docs/spec/formats.md 8.3). Nothing for every
// other text: texts are compared with a list, never interpreted.
std::optional<DType> ParseNumpyDType(absl::string_view text);

// Whether `text` names an element type that numpy has and that is not read: objects, records, texts, times, long doubles.
bool IsOtherNumpyDType(absl::string_view text);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_DTYPE_H_
