#ifndef WEIGHBRIDGE_VERIFY_EXPLAIN_ELEMENT_TEXT_H_
#define WEIGHBRIDGE_VERIFY_EXPLAIN_ELEMENT_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// One element, from its ItemSize little-endian bytes.

// Its value, the shortest decimal number that rounds to these bits in that dtype: "0.1", "-inf", "true", "1-2j".
std::string ValueToText(DType dtype, absl::string_view bytes);

// "0x2e66"; both parts of a complex number, "0x3f800000, 0xc0000000".
std::string BitsToText(DType dtype, absl::string_view bytes);

// Both: "0.1 (0x2e66)".
std::string ElementToText(DType dtype, absl::string_view bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_EXPLAIN_ELEMENT_TEXT_H_
