#ifndef WEIGHBRIDGE_BASE_PRINTABLE_H_
#define WEIGHBRIDGE_BASE_PRINTABLE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge {

// What a reader could not see, or would see at another place: controls but for the newline, separators of lines, bidirectional and
// zero-width characters, tags, private and unassigned ones.
bool IsInvisible(uint32_t code_point);

// A text that may hold a stranger's words (names of tensors, paths, messages about them) as one line that shows what it is, whatever reads
// it: a terminal, a browser, a log. A newline becomes \n, another byte below 0x20 or one that belongs to no character its octal escape,
// \033; another invisible character becomes \u202e, as JSON writes it, so that a valid JSON string stays one. Everything else stays as it
// is, also a backslash.
std::string Printable(absl::string_view text);

// As Printable for lines that are meant as such: newlines stay.
std::string PrintableLines(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_PRINTABLE_H_
