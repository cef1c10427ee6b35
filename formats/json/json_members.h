#ifndef WEIGHBRIDGE_FORMATS_JSON_JSON_MEMBERS_H_
#define WEIGHBRIDGE_FORMATS_JSON_JSON_MEMBERS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// The members of a JSON object by key, each value as JSON text: objects of which only the first level is looked at and changed.
using JsonMembers = std::map<std::string, std::string>;

// As strict as VisitJson and fails as it does; DataLoss also when the text is not an object, ResourceExhausted when it has more than a
// million values.
absl::StatusOr<JsonMembers> ParseJsonMembers(absl::string_view text, int64_t max_nesting);

// The object as Python's json.dumps(…, indent=2, sort_keys=True) writes it, and a newline. Every value must be JSON text in UTF-8.
std::string WriteJsonMembers(const JsonMembers& members);

// Whether two JSON texts have the same value: numbers by what they say (1 is 1.0), objects whatever the order of their keys.
bool SameJsonValue(absl::string_view a, absl::string_view b);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_JSON_JSON_MEMBERS_H_
