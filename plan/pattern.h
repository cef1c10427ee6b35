#ifndef WEIGHBRIDGE_PLAN_PATTERN_H_
#define WEIGHBRIDGE_PLAN_PATTERN_H_

#include "absl/strings/string_view.h"

namespace weighbridge {

// Whether all of `name` is what `pattern` says: `*` stands for any text, also none; everything else for itself.
bool MatchesPattern(absl::string_view pattern, absl::string_view name);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_PLAN_PATTERN_H_
