#include "formats/directory/tokenizer_json.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/directory/json_file.h"
#include "formats/json/visit_json.h"

namespace weighbridge {
namespace {

using Form = SpecialToken::Form;

bool IsSpecialToken(absl::string_view key) {
  static constexpr absl::string_view kKeys[] = {"bos_token", "eos_token", "unk_token",  "sep_token",
                                                "pad_token", "cls_token", "mask_token", "additional_special_tokens"};
  return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

absl::Status Refuse(const JsonValue& value) {
  return absl::DataLossError(absl::StrCat("it is ", JsonKind(value), ", and no token"));
}

absl::Status AddText(const JsonValue& value, SpecialToken& token) {
  if (const std::string* text = std::get_if<std::string>(&value)) {
    token.texts.push_back(*text);
  } else if (std::holds_alternative<JsonObject>(value)) {
    token.texts.emplace_back();  // Until its content comes.
  } else {
    return Refuse(value);
  }
  return absl::OkStatus();
}

absl::Status BeginToken(const JsonValue& value, SpecialToken& token) {
  if (std::holds_alternative<JsonNull>(value)) return absl::OkStatus();
  token.form = std::holds_alternative<std::string>(value) ? Form::kText
               : std::holds_alternative<JsonArray>(value) ? Form::kArray
                                                          : Form::kObject;
  return token.form == Form::kArray ? absl::OkStatus() : AddText(value, token);
}

// Takes a value at `path` below the token's key. What an object says beside its content is how texts are split at the token.
absl::Status AddToToken(absl::Span<const std::string> path, const JsonValue& value, SpecialToken& token) {
  if (path.empty()) return BeginToken(value, token);
  const size_t object_depth = token.form == Form::kArray ? 1 : 0;
  if (path.size() == object_depth) return AddText(value, token);
  if (path.size() > object_depth + 1 || path.back() != "content") return absl::OkStatus();
  const std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr) return Refuse(value);
  token.texts.back() = *text;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadAddedTokens(const ByteSource& source, int64_t begin, const PieceIndexes& pieces,
                                                         const ReadLimits& limits) {
  std::multimap<uint64_t, std::string> by_index;
  RETURN_IF_ERROR(VisitJsonFile(source, limits, [&](absl::Span<const std::string> path, const JsonValue& value) -> absl::Status {
    if (const uint64_t* index = std::get_if<uint64_t>(&value)) {
      const auto piece = pieces.find(path[0]);
      if (piece == pieces.end() || *index != static_cast<uint64_t>(piece->second)) by_index.emplace(*index, path[0]);
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat("token \"", path[0], "\": its index is ", JsonKind(value), ", not a whole number"));
  }));
  std::vector<std::string> tokens;
  for (const auto& [index, token] : by_index) {
    const uint64_t expected = begin + tokens.size();
    if (index != expected) {
      return absl::DataLossError(
          absl::StrCat("reading ", source.name(), ": token \"", token, "\" has the index ", index, "; the next one is ", expected));
    }
    tokens.push_back(token);
  }
  return tokens;
}

absl::StatusOr<SpecialTokens> ReadSpecialTokens(const ByteSource& source, const ReadLimits& limits) {
  SpecialTokens tokens;
  RETURN_IF_ERROR(VisitJsonFile(source, limits, [&](absl::Span<const std::string> path, const JsonValue& value) {
    if (!IsSpecialToken(path[0])) return absl::OkStatus();
    return Annotate(AddToToken(path.subspan(1), value, tokens[path[0]]), path[0]);
  }));
  return tokens;
}

}  // namespace weighbridge
