#include "formats/json/json_members.h"

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/json/visit_json.h"
#include "nlohmann/json.hpp"

namespace weighbridge {
namespace {

// A value of the tree takes up to 100 bytes, and may be a single one of the text.
constexpr int64_t kMaxValues = 1'000'000;

nlohmann::json Parse(absl::string_view text) {
  return nlohmann::json::parse(text.begin(), text.end(), /*cb=*/nullptr, /*allow_exceptions=*/false);
}

}  // namespace

absl::StatusOr<JsonMembers> ParseJsonMembers(absl::string_view text, int64_t max_nesting) {
  // The library's tree keeps the last of two equal keys and writes itself by recursion, so it sees only what passed here.
  int64_t values = 0;
  RETURN_IF_ERROR(VisitJson(text, max_nesting, [&values](absl::Span<const std::string> path, const JsonValue& value) {
    if (++values > kMaxValues) return absl::ResourceExhaustedError(absl::StrCat("it has more than ", kMaxValues, " values"));
    if (!path.empty() || std::holds_alternative<JsonObject>(value)) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("it is ", JsonKind(value), ", not an object"));
  }));
  const nlohmann::json object = Parse(text);
  JsonMembers members;
  for (const auto& [key, value] : object.items()) members.emplace(key, value.dump());
  return members;
}

std::string WriteJsonMembers(const JsonMembers& members) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [key, value] : members) object[key] = Parse(value);
  return absl::StrCat(object.dump(/*indent=*/2, /*indent_char=*/' ', /*ensure_ascii=*/true), "\n");
}

bool SameJsonValue(absl::string_view a, absl::string_view b) {
  return Parse(a) == Parse(b);
}

}  // namespace weighbridge
