#ifndef WEIGHBRIDGE_VERIFY_ELEMENT_TEXT_H_
#define WEIGHBRIDGE_VERIFY_ELEMENT_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// One element, from its ItemSize little-endian bytes, as its value and its bits: "0.1 (0x2e66)", "-inf (0xff800000)", "true (0x01)",
// "1-2j (0x3f800000, 0xc0000000)". The value is the shortest decimal number that rounds to these bits in that dtype.
std::string ElementToText(DType dtype, absl::string_view bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_ELEMENT_TEXT_H_
