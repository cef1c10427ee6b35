#ifndef WEIGHBRIDGE_FORMATS_JSON_QUOTE_JSON_H_
#define WEIGHBRIDGE_FORMATS_JSON_QUOTE_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weighbridge {

// `text` as a JSON string, quotes included, escaped no more than JSON asks for. InvalidArgument when it is not UTF-8.
absl::StatusOr<std::string> QuoteJson(absl::string_view text);

// As QuoteJson, with \uXXXX for what is not ASCII, as Python writes it.
absl::StatusOr<std::string> QuoteAsciiJson(absl::string_view text);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_JSON_QUOTE_JSON_H_
