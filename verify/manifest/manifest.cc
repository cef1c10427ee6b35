#include "verify/manifest/manifest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"

namespace weighbridge {
namespace {

constexpr int kMaxRecipeNesting = 100;

class SilentCollector : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
};

// "blip2, vicuna and minigpt4".
std::string SourceList(const Manifest& manifest) {
  std::string list;
  for (int i = 0; i < manifest.sources_size(); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : i + 1 == manifest.sources_size() ? " and " : ", ", manifest.sources(i).id());
  }
  return list;
}

template <typename Row>
std::optional<TensorSpec> SpecOfRow(const Row& row) {
  const std::optional<DType> dtype = ParseDType(row.dtype());
  if (!dtype.has_value()) return std::nullopt;
  TensorSpec spec{.dtype = *dtype, .shape = {row.shape().begin(), row.shape().end()}};
  if (!ByteSize(spec).ok()) return std::nullopt;
  return spec;
}

}  // namespace

std::string SerializeManifest(const Manifest& manifest) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    manifest.SerializeToCodedStream(&coded);
  }
  return bytes;
}

absl::StatusOr<Manifest> ParseManifest(absl::string_view bytes) {
  Manifest manifest;
  if (!manifest.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || manifest.schema().empty()) {
    return absl::DataLossError("it is no manifest");
  }
  if (manifest.schema() != kManifestSchema) {
    return absl::UnimplementedError(absl::StrCat("it is a manifest of schema \"", manifest.schema(), "\"; this is ", kManifestSchema));
  }
  return manifest;
}

std::optional<TensorSpec> SpecOf(const OutputTensor& row) {
  return SpecOfRow(row);
}

std::optional<TensorSpec> SpecOf(const DroppedSourceTensor& row) {
  return SpecOfRow(row);
}

std::optional<Recipe> ParseRecipeText(const RecipeText& text) {
  Recipe recipe;
  SilentCollector errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.AllowUnknownField(true);  // Of a later version.
  parser.SetRecursionLimit(kMaxRecipeNesting);
  if (!parser.ParseFromString(text.textproto(), &recipe)) return std::nullopt;
  return recipe;
}

Manifest::Verdict VerdictOf(const Output& output) {
  Manifest::Verdict verdict = Manifest::VERDICT_EXACT;
  for (const OutputTensor& tensor : output.tensors()) {
    if (tensor.verdict() == OutputTensor::VERDICT_EXACT) continue;
    if (tensor.verdict() != OutputTensor::VERDICT_WITHIN_TOLERANCE) return Manifest::VERDICT_DIFFERS;
    verdict = Manifest::VERDICT_WITHIN_TOLERANCE;
  }
  return verdict;
}

bool IsAccepted(const Manifest& manifest) {
  return manifest.verdict() == Manifest::VERDICT_EXACT || manifest.verdict() == Manifest::VERDICT_WITHIN_TOLERANCE;
}

std::vector<std::string> Findings(const Manifest& manifest) {
  std::vector<std::string> lines;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (tensor.verdict() == OutputTensor::VERDICT_EXACT) continue;
    lines.push_back(absl::StrCat("tensor \"", tensor.name(), "\": ", tensor.finding()));
  }
  return lines;
}

std::string Summary(const Manifest& manifest) {
  int64_t planned = 0;
  int64_t exact = 0;
  int64_t within = 0;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    planned += tensor.expression().empty() ? 0 : 1;
    exact += tensor.verdict() == OutputTensor::VERDICT_EXACT ? 1 : 0;
    within += tensor.verdict() == OutputTensor::VERDICT_WITHIN_TOLERANCE ? 1 : 0;
  }
  return absl::StrCat(VerdictName(manifest.verdict()), ": ", exact, " of ", planned, " tensors are bit for bit what the recipe ",
                      manifest.recipe().name(), " makes of ", SourceList(manifest),
                      within == 0 ? "" : absl::StrCat(", ", within, " within tolerance"));
}

std::string EnumeratorWords(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name.substr(name.find('_') + 1)), {{"_", " "}});
}

std::string VerdictName(Manifest::Verdict verdict) {
  return EnumeratorWords(Manifest::Verdict_Name(verdict));
}

std::string VerdictName(OutputTensor::Verdict verdict) {
  return EnumeratorWords(OutputTensor::Verdict_Name(verdict));
}

}  // namespace weighbridge
