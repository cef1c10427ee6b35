#include "verify/manifest/attestation.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/json/json_writer.h"
#include "proto/manifest.pb.h"
#include "verify/digest/digest.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

void WriteDigest(absl::string_view sha256, JsonWriter& json) {
  json.Key("digest");
  json.BeginObject();
  json.Key("sha256");
  json.Hexadecimal(sha256);
  json.EndObject();
}

void WriteText(absl::string_view key, absl::string_view text, JsonWriter& json) {
  json.Key(key);
  json.String(text);
}

void WriteNumber(absl::string_view key, int64_t number, JsonWriter& json) {
  json.Key(key);
  json.Integer(number);
}

// A ResourceDescriptor.
void WriteFile(const std::string& name, const File& file, JsonWriter& json) {
  json.BeginObject();
  WriteText("name", name, json);
  if (file.has_origin()) WriteText("uri", file.origin().uri(), json);
  WriteDigest(file.sha256(), json);
  json.EndObject();
}

void WriteRecipe(const RecipeText& recipe, JsonWriter& json) {
  json.BeginObject();
  WriteText("name", recipe.name(), json);
  WriteDigest(recipe.sha256(), json);
  json.EndObject();
}

void WriteSummary(const Manifest& manifest, JsonWriter& json) {
  std::map<std::string, int64_t> verdicts;
  for (const OutputTensor& tensor : manifest.output().tensors()) ++verdicts[VerdictName(tensor.verdict())];
  json.Key("tensors");
  json.BeginObject();
  for (const auto& [verdict, count] : verdicts) WriteNumber(verdict, count, json);
  json.EndObject();
  const Accounting& accounting = manifest.accounting();
  json.Key("conservation");
  json.BeginObject();
  WriteNumber("sourceBytes", accounting.source_bytes(), json);
  WriteNumber("sourceBytesUsed", accounting.source_bytes_used(), json);
  WriteNumber("sourceBytesDropped", accounting.source_bytes_dropped(), json);
  WriteNumber("outputBytes", accounting.output_bytes(), json);
  json.EndObject();
}

void WritePredicate(const Manifest& manifest, absl::string_view manifest_sha256, JsonWriter& json) {
  json.BeginObject();
  WriteText("verdict", VerdictName(manifest.verdict()), json);
  WriteText("tolerance", manifest.tolerance(), json);
  json.Key("manifest");
  json.BeginObject();
  WriteText("mediaType", absl::StrCat("application/x-protobuf; messageType=weighbridge.Manifest; schema=", manifest.schema()), json);
  WriteDigest(manifest_sha256, json);
  json.EndObject();
  json.Key("recipe");
  WriteRecipe(manifest.recipe(), json);
  json.Key("madeSources");
  json.BeginArray();
  for (const SourceRecipe& made : manifest.made_sources()) WriteRecipe(made.recipe(), json);
  json.EndArray();
  json.Key("contentRoot");
  json.Hexadecimal(manifest.output().content_root());
  WriteSummary(manifest, json);
  json.Key("materials");
  json.BeginArray();
  for (const SourceCheckpoint& source : manifest.sources()) {
    for (const File& file : source.files()) WriteFile(absl::StrCat(source.id(), "/", file.name()), file, json);
  }
  json.EndArray();
  json.EndObject();
}

}  // namespace

absl::StatusOr<std::string> MakeAttestation(const Manifest& manifest, absl::string_view manifest_bytes) {
  if (!IsAccepted(manifest)) return absl::FailedPreconditionError("the manifest does not say yes: nothing can be stated");
  ASSIGN_OR_RETURN(const std::string sha256, Sha256Of(manifest_bytes));
  JsonWriter json;
  json.BeginObject();
  WriteText("_type", "https://in-toto.io/Statement/v1", json);
  json.Key("subject");
  json.BeginArray();
  for (const File& file : manifest.output().files()) WriteFile(file.name(), file, json);
  json.EndArray();
  WriteText("predicateType", "urn:weighbridge:conversion:v1", json);
  json.Key("predicate");
  WritePredicate(manifest, sha256, json);
  json.EndObject();
  return std::move(json).Finish();
}

}  // namespace weighbridge
