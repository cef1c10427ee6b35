#include "formats/directory/shard_index.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/relative_path.h"
#include "base/status.h"
#include "formats/directory/json_file.h"
#include "formats/json/quote_json.h"
#include "formats/json/visit_json.h"

namespace weighbridge {
namespace {

// docs/spec/formats.md 10.2.
absl::Status CheckShardName(absl::string_view name, absl::string_view index_name) {
  const absl::StatusOr<RelativePath> path = RelativePath::Parse(name);
  if (!path.ok() || path->components().size() > 1) {
    return absl::DataLossError(absl::StrCat("the shard \"", absl::CHexEscape(name), "\" is not a plain file name"));
  }
  if (name == index_name) return absl::DataLossError("the index names itself as a shard");
  return absl::OkStatus();
}

absl::Status AddMapping(const std::string& tensor, const JsonValue& value, absl::string_view index_name, ShardIndex& index) {
  const std::string* shard = std::get_if<std::string>(&value);
  RETURN_IF_ERROR(shard == nullptr ? absl::DataLossError(absl::StrCat("its shard is ", JsonKind(value), ", not a text"))
                                   : CheckShardName(*shard, index_name),
                  Annotate(_, absl::StrCat("tensor \"", tensor, "\"")));
  index.shards.insert(*shard);
  index.shard_of.emplace(tensor, *shard);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ShardIndex> ReadShardIndex(const ByteSource& source, const ReadLimits& limits) {
  const std::string index_name = std::filesystem::path(source.name()).filename();
  ShardIndex index;
  bool has_map = false;
  RETURN_IF_ERROR(VisitJsonFile(source, limits, [&](absl::Span<const std::string> path, const JsonValue& value) -> absl::Status {
    if (path[0] == "weight_map") {
      if (path.size() > 1) return AddMapping(path[1], value, index_name, index);
      has_map = std::holds_alternative<JsonObject>(value);
      return has_map ? absl::OkStatus() : absl::DataLossError(absl::StrCat("weight_map is ", JsonKind(value), ", not an object"));
    }
    if (path.size() == 2 && path[0] == "metadata" && path[1] == "total_size") {
      if (const uint64_t* bytes = std::get_if<uint64_t>(&value)) index.total_size = static_cast<double>(*bytes);
      if (const double* bytes = std::get_if<double>(&value)) index.total_size = *bytes;
    }
    return absl::OkStatus();
  }));
  if (!has_map) return absl::DataLossError(absl::StrCat("reading ", source.name(), ": it is JSON without a weight_map, so no shard index"));
  return index;
}

absl::StatusOr<std::string> WriteShardIndex(int64_t total_size, absl::Span<const std::pair<std::string, std::string>> weight_map) {
  std::string text = absl::StrCat("{\n  \"metadata\": {\n    \"total_size\": ", total_size, "\n  },\n  \"weight_map\": {");
  absl::flat_hash_set<absl::string_view> tensors;
  for (const auto& [tensor, shard] : weight_map) {
    ASSIGN_OR_RETURN(std::string key, QuoteAsciiJson(tensor));
    ASSIGN_OR_RETURN(std::string value, QuoteAsciiJson(shard));
    absl::StrAppend(&text, tensors.empty() ? "" : ",", "\n    ", key, ": ", value);
    if (!tensors.insert(tensor).second) return absl::InvalidArgumentError(absl::StrCat("two tensors have the name ", key));
  }
  absl::StrAppend(&text, tensors.empty() ? "" : "\n  ", "}\n}\n");
  return text;
}

}  // namespace weighbridge
