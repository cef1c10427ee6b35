#ifndef WEIGHBRIDGE_RECIPE_IDENTIFIER_H_
#define WEIGHBRIDGE_RECIPE_IDENTIFIER_H_

#include "absl/strings/string_view.h"

namespace weighbridge {

inline constexpr char kIdentifierCharacters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

// Whether a source or a parameter may have that name: a lower-case word, for it stands before "=" on the command line, and before "." or
// between braces in a recipe.
inline bool IsIdentifier(absl::string_view name) {
  return !name.empty() && name.find_first_not_of(kIdentifierCharacters) == absl::string_view::npos && (name[0] < '0' || name[0] > '9');
}

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_IDENTIFIER_H_
