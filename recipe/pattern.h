#ifndef WEIGHBRIDGE_RECIPE_PATTERN_H_
#define WEIGHBRIDGE_RECIPE_PATTERN_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace weighbridge {

// Whether all of `name` is what `pattern` says: `*` stands for any text, also none; everything else for itself.
// Adds to `steps`, unless it is null, how many characters were compared: some pattern.size() · name.size() at worst.
bool MatchesPattern(absl::string_view pattern, absl::string_view name, int64_t* steps = nullptr);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_PATTERN_H_
