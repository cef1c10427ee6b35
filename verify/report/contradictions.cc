#include "verify/report/contradictions.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/manifest.pb.h"
#include "verify/digest.h"
#include "verify/report/numbers.h"
#include "verify/report/verdicts.h"

namespace weighbridge::report {
namespace {

void CheckSum(absl::string_view what, int64_t all, int64_t used, int64_t dropped, std::vector<std::string>* found) {
  if (SaturatingAdd(used, dropped) == all) return;
  found->push_back(
      absl::StrCat(what, ": ", Count(used), " used and ", Count(dropped), " dropped are not the ", Count(all), " that there are."));
}

void CheckVerdict(const Manifest& manifest, std::vector<std::string>* found) {
  bool exact = true;
  bool within = true;
  for (const auto& [verdict, count] : CountVerdicts(manifest)) {
    exact = exact && verdict == OutputTensor::VERDICT_EXACT;
    within = within && (verdict == OutputTensor::VERDICT_EXACT || verdict == OutputTensor::VERDICT_WITHIN_TOLERANCE);
  }
  const Manifest::Verdict verdict = exact    ? Manifest::VERDICT_EXACT
                                    : within ? Manifest::VERDICT_WITHIN_TOLERANCE
                                             : Manifest::VERDICT_DIFFERS;
  // A damaged container differs though every tensor is right.
  if (manifest.verdict() == verdict || manifest.verdict() == Manifest::VERDICT_DIFFERS) return;
  found->push_back("The verdict is better than that of the tensors.");
}

void CheckSources(const Manifest& manifest, std::vector<std::string>* found) {
  const Accounting& accounting = manifest.accounting();
  int64_t bytes = 0;
  int64_t tensors = 0;
  std::map<std::string, int64_t> dropped;
  for (const DroppedSourceTensor& tensor : manifest.dropped()) ++dropped[tensor.source()];
  for (const SourceAccounting& source : accounting.sources()) {
    CheckSum(absl::StrCat("Tensors of ", source.id()), source.tensors(), source.tensors_used(), source.tensors_dropped(), found);
    CheckSum(absl::StrCat("Bytes of ", source.id()), source.bytes(), source.bytes_used(), source.bytes_dropped(), found);
    if (dropped[source.id()] != source.tensors_dropped()) {
      found->push_back(absl::StrCat(Count(source.tensors_dropped()), " tensors of ", source.id(), " are said to be dropped, and ",
                                    Count(dropped[source.id()]), " are listed."));
    }
    bytes = SaturatingAdd(bytes, source.bytes());
    tensors = SaturatingAdd(tensors, source.tensors());
  }
  if (accounting.sources().empty()) return;
  if (bytes != accounting.source_bytes()) found->push_back("The bytes of the sources do not add up to their total.");
  if (tensors != accounting.source_tensors()) found->push_back("The tensors of the sources do not add up to their total.");
}

void CheckRecipe(const RecipeText& recipe, std::vector<std::string>* found) {
  Sha256 sha256;
  sha256.Update(recipe.textproto());
  if (sha256.Finish() != recipe.sha256()) found->push_back(absl::StrCat("The text of the recipe ", recipe.name(), " has another SHA-256."));
}

}  // namespace

std::vector<std::string> Contradictions(const Manifest& manifest) {
  std::vector<std::string> found;
  const Accounting& accounting = manifest.accounting();
  CheckVerdict(manifest, &found);
  CheckSum("Source tensors", accounting.source_tensors(), accounting.source_tensors_used(), manifest.dropped_size(), &found);
  CheckSum("Source bytes", accounting.source_bytes(), accounting.source_bytes_used(), accounting.source_bytes_dropped(), &found);
  CheckSources(manifest, &found);
  CheckRecipe(manifest.recipe(), &found);
  for (const SourceRecipe& made : manifest.made_sources()) CheckRecipe(made.recipe(), &found);
  return found;
}

}  // namespace weighbridge::report
