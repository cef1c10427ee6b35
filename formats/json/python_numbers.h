#ifndef WEIGHBRIDGE_FORMATS_JSON_PYTHON_NUMBERS_H_
#define WEIGHBRIDGE_FORMATS_JSON_PYTHON_NUMBERS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// Python's json reads and writes numbers that a strict reader of JSON refuses or changes: NaN, Infinity and -Infinity, for which JSON has
// no words, and whole numbers beyond 64 bits. A config.json may hold them.

// Puts in the place of each of these, where a value may stand, a text that stands for it alone: JSON, if the rest is. Positions move behind
// it. DataLoss when `text` has U+FDD0 in it, by which such texts are known; Unicode keeps it free for that.
absl::Status QuotePythonNumbers(std::string& text);

// The number for which a text stands that QuotePythonNumbers made, unescaped; nothing for other texts.
std::optional<double> PythonNumber(absl::string_view text);

// JSON in ASCII, such as WriteJsonMembers', with the numbers again in the place of such texts.
std::string UnquotePythonNumbers(absl::string_view json);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_JSON_PYTHON_NUMBERS_H_
