#ifndef WEIGHBRIDGE_BASE_UTF8_H_
#define WEIGHBRIDGE_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

// UTF-8 as the standard has it: shortest forms only, no surrogates, at most U+10FFFF.

namespace weighbridge {

struct Character {
  uint32_t code_point = 0;
  size_t size = 0;  // Bytes; 0 when there is no well-formed character.
};

// The first character of `text`, which is not empty.
Character FirstCharacter(absl::string_view text);

// Whether `bytes` are characters from beginning to end.
bool IsUtf8(absl::string_view bytes);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_UTF8_H_
