#include "formats/json/quote_json.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace weighbridge {

namespace {

absl::StatusOr<std::string> Quote(absl::string_view text, bool ascii) {
  try {
    return nlohmann::json(std::string(text)).dump(/*indent=*/-1, /*indent_char=*/' ', /*ensure_ascii=*/ascii);
  } catch (const nlohmann::json::type_error&) {  // Its only way to say that.
    return absl::InvalidArgumentError(absl::StrCat("\"", absl::CHexEscape(text), "\" is not UTF-8"));
  }
}

}  // namespace

absl::StatusOr<std::string> QuoteJson(absl::string_view text) {
  return Quote(text, /*ascii=*/false);
}

absl::StatusOr<std::string> QuoteAsciiJson(absl::string_view text) {
  return Quote(text, /*ascii=*/true);
}

}  // namespace weighbridge
