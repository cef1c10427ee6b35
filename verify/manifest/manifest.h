#ifndef WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_H_
#define WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

inline constexpr char kManifestSchema[] = "weighbridge.manifest.v1";

// The bytes of a manifest file; the same manifest always gives the same ones. Fields that this version does not know survive.
std::string SerializeManifest(const Manifest& manifest);

// The inverse. DataLoss when the bytes are not a manifest, Unimplemented when they are one of another schema.
absl::StatusOr<Manifest> ParseManifest(absl::string_view bytes);

// The spec that a row states, or nothing when no tensor can have it: its dtype is unknown, or its elements have no number of bytes.
std::optional<TensorSpec> SpecOf(const OutputTensor& row);
std::optional<TensorSpec> SpecOf(const DroppedSourceTensor& row);

// How many bytes the row's elements have; 0 where SpecOf gives nothing.
template <typename Row>
int64_t ByteSizeOf(const Row& row) {
  const std::optional<TensorSpec> spec = SpecOf(row);
  return spec.has_value() ? ByteSize(*spec).value() : 0;
}

// The recipe in that text, or nothing when the text is not a recipe.
std::optional<Recipe> ParseRecipeText(const RecipeText& text);

// What the tensors' verdicts come to: exact when all are, within tolerance when all are one of the two, else differs.
Manifest::Verdict VerdictOf(const Output& output);

// Whether the answer is yes.
bool IsAccepted(const Manifest& manifest);

// What is not exact, one line for each such tensor, in the manifest's order:
// `tensor "a.b": element [0, 3] is 0.5 (0x3800) and should be 0.25 (0x3400); 1 of 12 elements differs`.
std::vector<std::string> Findings(const Manifest& manifest);

// The verdict in one line: "exact: 1054 of 1054 tensors are bit for bit what the recipe minigpt4 makes of blip2, vicuna and minigpt4".
std::string Summary(const Manifest& manifest);

// The name of an enumerator, "VERDICT_OUT_OF_ORDER", as words: "out of order".
std::string EnumeratorWords(absl::string_view name);
std::string VerdictName(Manifest::Verdict verdict);
std::string VerdictName(OutputTensor::Verdict verdict);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_MANIFEST_MANIFEST_H_
