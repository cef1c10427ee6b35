#include "verify/audit/audit.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "proto/manifest.pb.h"
#include "verify/audit/contradictions.h"
#include "verify/compare/tolerance.h"
#include "verify/manifest/manifest.h"
#include "verify/manifest/message_difference.h"

namespace weighbridge {
namespace {

bool IsSame(const Tolerance& a, const Tolerance& b) {
  return a.kind == b.kind && a.ulp == b.ulp && a.absolute == b.absolute && a.relative == b.relative;
}

// What passed only by a tolerance that was not asked for.
void CheckTolerance(const Manifest& manifest, const AuditQuestion& question, std::vector<std::string>& findings) {
  const absl::StatusOr<Tolerance> asked = ParseTolerance(question.tolerance);
  const OutputTensor* first = nullptr;
  int64_t count = 0;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (tensor.verdict() != OutputTensor::VERDICT_WITHIN_TOLERANCE) continue;
    const std::vector<std::string>& own = question.recipe_tolerances;
    if (!tensor.tolerance().empty() && std::find(own.begin(), own.end(), tensor.tolerance()) != own.end()) continue;
    const absl::StatusOr<Tolerance> had = ParseTolerance(tensor.tolerance().empty() ? manifest.tolerance() : tensor.tolerance());
    if (asked.ok() && had.ok() && IsSame(*asked, *had)) continue;
    if (count++ == 0) first = &tensor;
  }
  if (first == nullptr) return;
  findings.push_back(absl::StrCat("tensor \"", first->name(), "\"", count > 1 ? absl::StrCat(" and ", count - 1, " more") : "",
                                  ": within the tolerance ", first->tolerance().empty() ? manifest.tolerance() : first->tolerance(),
                                  ", and asked for is ", question.tolerance));
}

bool IsBeside(const File& file) {
  return file.role() == File::ROLE_CONFIG || file.role() == File::ROLE_TOKENIZER;
}

// Takes out what CompareJudgements sets aside; `known` is the manifest.
void SetAside(const AuditQuestion& question, const Manifest& known, Manifest& judgement) {
  Output& output = *judgement.mutable_output();
  for (SourceCheckpoint& source : *judgement.mutable_sources()) {
    for (File& file : *source.mutable_files()) file.clear_origin();
  }
  for (File& file : *output.mutable_files()) file.clear_origin();
  std::set<absl::string_view> listed;
  for (const File& file : known.output().files()) listed.insert(file.name());
  auto& files = *output.mutable_files();
  files.erase(std::remove_if(files.begin(), files.end(), [&](const File& file) { return IsBeside(file) && !listed.contains(file.name()); }),
              files.end());
  if (question.tolerance != "exact") judgement.clear_tolerance();
  if (!question.content_only) return;
  output.clear_format();
  output.clear_files();
  output.clear_remarks();
  for (OutputTensor& tensor : *output.mutable_tensors()) {
    tensor.clear_file();
    tensor.clear_offset();
  }
  std::stable_sort(output.mutable_tensors()->pointer_begin(), output.mutable_tensors()->pointer_end(),
                   [](const OutputTensor* a, const OutputTensor* b) { return a->name() < b->name(); });
}

}  // namespace

absl::StatusOr<std::vector<std::string>> AuditManifest(const Manifest& manifest, absl::string_view bytes, const AuditQuestion& question) {
  if (manifest.output().tensors().empty()) {
    return absl::FailedPreconditionError("the manifest lists no tensor of the output: there is nothing to audit");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> contradictions, Contradictions(manifest));
  std::vector<std::string> findings;
  if (!IsAccepted(manifest)) findings.push_back(absl::StrCat("the manifest itself says no: ", Summary(manifest)));
  for (const std::string& contradiction : contradictions) {
    findings.push_back(absl::StrCat("the manifest contradicts itself: ", contradiction));
  }
  if (SerializeManifest(manifest) != bytes) {
    findings.push_back("the manifest has other bytes than verify writes for what it says: another reader may read something else");
  }
  CheckTolerance(manifest, question, findings);
  return findings;
}

std::vector<std::string> CompareJudgements(const Manifest& manifest, const Manifest& later, const AuditQuestion& question) {
  Manifest before = manifest;
  Manifest after = later;
  SetAside(question, manifest, before);
  SetAside(question, manifest, after);
  const std::optional<MessageDifference> difference = FirstDifference(before, after);
  if (!difference.has_value()) return {};
  return {absl::StrCat("the manifest is not what these sources give: ", difference->path, " is ", difference->left, " in the manifest and ",
                       difference->right, " as judged now")};
}

}  // namespace weighbridge
