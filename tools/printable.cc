#include "tools/printable.h"

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

std::string Printable(absl::string_view text) {
  std::string printable;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters, too; in UTF-8 they are two bytes.
    const bool is_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte == '\n') {
      absl::StrAppend(&printable, "\\n");
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&printable, "\\%03o", byte);
    } else if (is_c1) {
      absl::StrAppendFormat(&printable, "\\302\\%03o", static_cast<unsigned char>(text[++i]));
    } else {
      printable.push_back(text[i]);
    }
  }
  return printable;
}

}  // namespace weighbridge
