#ifndef WEIGHBRIDGE_BASE_EMBEDDED_FILE_H_
#define WEIGHBRIDGE_BASE_EMBEDDED_FILE_H_

#include "absl/strings/string_view.h"

namespace weighbridge {

// A file that is part of the program (embed.bzl).
struct EmbeddedFile {
  absl::string_view name;  // Without its folder and what follows its last dot.
  absl::string_view text;  // Ends with one newline, however the file ends.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_EMBEDDED_FILE_H_
