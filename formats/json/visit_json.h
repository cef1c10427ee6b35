#ifndef WEIGHBRIDGE_FORMATS_JSON_VISIT_JSON_H_
#define WEIGHBRIDGE_FORMATS_JSON_VISIT_JSON_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {

struct JsonObject {};
struct JsonArray {};
struct JsonNull {};

// A value of a JSON text; of containers only that they begin. A number without sign, fraction and exponent that fits is a uint64_t, one
// with a minus sign alone an int64_t ("-0" too), and every other one a double: who wants sizes takes the uint64_t and nothing else.
using JsonValue = std::variant<JsonObject, JsonArray, JsonNull, bool, uint64_t, int64_t, double, std::string>;

// What a value is, for messages: "an object", "a number with a minus sign", "a text", …
absl::string_view JsonKind(const JsonValue& value);

// Called with every value of a text in its order, a container before its members. `path` leads from the root to it: the keys of objects,
// the positions in arrays as decimal numbers; it is empty for the root.
using JsonVisitor = absl::FunctionRef<absl::Status(absl::Span<const std::string> path, const JsonValue& value)>;

// Walks a JSON text (RFC 8259) from front to back; nothing of it is kept. Strict: UTF-8 without byte order mark, no comments, nothing but
// white space after the root, and no key twice in one object, compared after unescaping (docs/spec/formats.md 6.5).
//
// DataLoss, saying where: it is not such a text. ResourceExhausted: containers are nested more than `max_nesting` deep. Otherwise the first
// failure of `visit`, unchanged; nothing is visited after it. The native stack does not grow with the text's nesting.
absl::Status VisitJson(absl::string_view text, int64_t max_nesting, JsonVisitor visit);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_JSON_VISIT_JSON_H_
