#ifndef WEIGHBRIDGE_FORMATS_SAFETENSORS_SAFETENSORS_LAYOUT_H_
#define WEIGHBRIDGE_FORMATS_SAFETENSORS_SAFETENSORS_LAYOUT_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/layout.h"

namespace weighbridge {

// The safetensors file that holds the rows (docs/spec/formats.md 6): byte for byte what safetensors 0.8.0 saves for the same tensors and
// metadata, except that several metadata entries, which it writes in random order, are sorted. In the file tensors stand by descending
// alignment, then by name; slot k belongs to row k wherever that is. Without metadata the header has none. The rows' tensor_name is not
// kept.
//
// Unimplemented, naming the tensor: a dtype that safetensors does not have. InvalidArgument: two rows of one name, a row called
// "__metadata__", a text that is not UTF-8. DataLoss as ByteSize. ResourceExhausted: the header would exceed the 100 000 000 bytes that
// readers accept.
absl::StatusOr<Layout> SafetensorsLayout(absl::Span<const LayoutRow> rows, const std::map<std::string, std::string>& metadata);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_SAFETENSORS_SAFETENSORS_LAYOUT_H_
