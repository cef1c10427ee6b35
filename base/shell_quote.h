#ifndef WEIGHBRIDGE_BASE_SHELL_QUOTE_H_
#define WEIGHBRIDGE_BASE_SHELL_QUOTE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge {

// `word` so that bash and zsh take it as this one word, whatever stands in it, and a terminal shows it on one line: as it is where that
// says the same, else in '…', and with characters that do not print in $'…' as octal bytes.
std::string ShellQuote(absl::string_view word);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_SHELL_QUOTE_H_
