#ifndef WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_LAYOUT_H_
#define WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_LAYOUT_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/layout.h"

namespace weighbridge {

// The bytes that paddle.save (2.1.1 to 2.6, with numpy 1) writes for a state dict of those tensors: one protocol 4 pickle of name → array
// in the rows' order, then the name table with every row's tensor_name (docs/spec/reference_pipeline.md F.2, F.3). bfloat16 is written as
// uint16, as numpy has no other way.
//
// One thing depends on data and is not imitated: of arrays of a single byte with equal contents CPython writes the second as a reference to
// the first. Here every array's bytes are written out, which loads as the same.
//
// InvalidArgument: two rows have one name, a name is that of a reserved entry (state_dict.h), or a shape is not valid. Unimplemented: a
// dtype that Paddle's arrays cannot hold: the float8 kinds, and uint16, which would be read as bfloat16.
absl::StatusOr<Layout> PaddleLayout(absl::Span<const LayoutRow> rows);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_PADDLE_PADDLE_LAYOUT_H_
