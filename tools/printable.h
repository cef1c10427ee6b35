#ifndef WEIGHBRIDGE_TOOLS_PRINTABLE_H_
#define WEIGHBRIDGE_TOOLS_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge {

// A text from a file as it may reach a terminal: control characters, quotes and backslashes as C escapes, other UTF-8 as it is.
std::string Printable(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_PRINTABLE_H_
