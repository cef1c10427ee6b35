#ifndef WEIGHBRIDGE_FORMATS_PICKLE_TEXT_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace weighbridge::pickle {

// Whether `utf8`, which is valid, has only code points below 256, so that latin-1 can encode it.
bool IsLatin1(absl::string_view utf8);

// The UTF-8 text whose code points are `bytes`.
std::string Latin1ToUtf8(absl::string_view bytes);

// The text that Python's raw-unicode-escape codec reads from `line`: bytes are latin-1, \uXXXX and \UXXXXXXXX are code points where an
// odd number of backslashes stands before the letter. Nothing when an escape is cut, or gives a surrogate or no code point.
std::optional<std::string> DecodeRawUnicodeEscape(absl::string_view line);

// The bytes of a Python-2 string literal with its quotes, as opcode STRING holds it. Nothing when the quotes do not match or an escape
// is cut.
std::optional<std::string> DecodeStringLiteral(absl::string_view literal);

// In double quotes, with everything escaped that is not printable ASCII or valid UTF-8, and cut after 60 bytes. For messages.
std::string Quote(absl::string_view text);

// As Quote, without the quotes.
std::string Escape(absl::string_view text);

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_TEXT_H_
