#include "tools/printable.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

std::string Printable(absl::string_view text) {
  return absl::Utf8SafeCEscape(text);
}

}  // namespace weighbridge
