#ifndef WEIGHBRIDGE_FORMATS_CHECK_LAYOUT_H_
#define WEIGHBRIDGE_FORMATS_CHECK_LAYOUT_H_

#include "absl/status/status.h"
#include "formats/layout.h"

namespace weighbridge {

// Whether `layout` is one: its literals, which are in order, and the slots of its tensors cover [0, size) exactly, each byte once, and
// every checksum is of a slot and stands in four zero bytes of a literal. Internal, saying where, when it is not: that is a mistake of the
// writer.
absl::Status CheckLayout(const Layout& layout);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_CHECK_LAYOUT_H_
