#ifndef WEIGHBRIDGE_TOOLS_PRINTABLE_H_
#define WEIGHBRIDGE_TOOLS_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge {

// A text with names from files in it, as one line that may reach a terminal: control characters as C escapes, everything else as it is.
std::string Printable(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_PRINTABLE_H_
