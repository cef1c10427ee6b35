#include "formats/directory/read_facts.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/directory/json_file.h"
#include "formats/json/visit_json.h"

namespace weighbridge {
namespace {

// Bytes of all names together, for each byte of the file and beyond. One long key may lead to as many values as the rest of the file holds,
// and each would have it in its name.
constexpr int64_t kNamesPerByte = 16;
constexpr int64_t kNames = int64_t{64} << 10;

// Nothing for what is no fact: containers and null.
std::optional<FactValue> ToFact(const JsonValue& value) {
  if (const bool* truth = std::get_if<bool>(&value)) return FactValue(*truth);
  if (const int64_t* number = std::get_if<int64_t>(&value)) return FactValue(*number);
  if (const double* number = std::get_if<double>(&value)) return FactValue(*number);
  if (const std::string* text = std::get_if<std::string>(&value)) return FactValue(*text);
  if (const uint64_t* number = std::get_if<uint64_t>(&value)) {
    return *number <= INT64_MAX ? FactValue(static_cast<int64_t>(*number)) : FactValue(static_cast<double>(*number));
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Facts> ReadFacts(const ByteSource& source, const ReadLimits& limits) {
  Facts facts;
  const int64_t limit = kNames + kNamesPerByte * source.size();
  int64_t names = 0;
  RETURN_IF_ERROR(VisitJsonFile(source, limits, [&](absl::Span<const std::string> path, const JsonValue& value) -> absl::Status {
    std::optional<FactValue> fact = ToFact(value);
    if (!fact) return absl::OkStatus();
    for (const std::string& key : path) names += static_cast<int64_t>(key.size()) + 1;
    if (names > limit) return absl::ResourceExhaustedError(absl::StrCat("its joined names have more than ", limit, " bytes together"));
    const auto [found, is_new] = facts.emplace(absl::StrJoin(path, "."), *std::move(fact));
    return is_new ? absl::OkStatus() : absl::DataLossError(absl::StrCat("two values have the name \"", found->first, "\""));
  }));
  return facts;
}

}  // namespace weighbridge
