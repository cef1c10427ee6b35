#include "verify/audit.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "plan/parallel_for.h"
#include "proto/manifest.pb.h"
#include "verify/contradictions.h"
#include "verify/digest.h"
#include "verify/manifest.h"
#include "verify/message_difference.h"
#include "verify/tolerance.h"

namespace weighbridge {
namespace {

std::string SpecOf(const OutputTensor& tensor) {
  return absl::StrCat(tensor.dtype(), " ", ShapeToString(Shape(tensor.shape().begin(), tensor.shape().end())));
}

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

absl::StatusOr<std::vector<std::string>> AuditContent(const Manifest& manifest, const Checkpoint& checkpoint, const AuditOptions& options) {
  const auto& tensors = checkpoint.tensors();
  std::vector<std::string> sha256(tensors.size());
  std::mutex progress_mutex;
  absl::Status status = ParallelFor(static_cast<int64_t>(tensors.size()), options.threads, options.stop, [&](int64_t index, int) {
    const StoredTensor& tensor = tensors[index].tensor;
    ContentDigest digest(tensor.spec(), DigestKind::kSha256);
    absl::Status read = ForEachPiece(tensor, kDigestChunk, [&](absl::string_view piece) { digest.Update(piece); });
    if (!read.ok()) return absl::Status(read.code(), absl::StrCat("tensor \"", tensors[index].name, "\": ", read.message()));
    absl::StatusOr<std::string> finished = digest.Finish();
    if (!finished.ok()) return finished.status();
    sha256[index] = *std::move(finished);
    const std::lock_guard<std::mutex> lock(progress_mutex);
    if (options.on_progress) options.on_progress(tensor.byte_size());
    return absl::OkStatus();
  });
  if (!status.ok()) return status;

  std::map<std::string, const OutputTensor*> known;
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (!tensor.content_sha256().empty()) known.emplace(tensor.name(), &tensor);
  }
  std::vector<std::string> findings;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string place = absl::StrCat("tensor \"", tensors[i].name, "\": ");
    const auto entry = known.find(tensors[i].name);
    if (entry == known.end()) {
      findings.push_back(absl::StrCat(place, "is not in the manifest"));
      continue;
    }
    const OutputTensor& tensor = *entry->second;
    if (const std::string spec = ToString(tensors[i].tensor.spec()); spec != SpecOf(tensor)) {
      findings.push_back(absl::StrCat(place, "is ", spec, " and was ", SpecOf(tensor)));
    } else if (sha256[i] != tensor.content_sha256()) {
      findings.push_back(absl::StrCat(place, "its elements are not what they were"));
    }
    known.erase(entry);
  }
  for (const OutputTensor& tensor : manifest.output().tensors()) {
    if (known.contains(tensor.name())) findings.push_back(absl::StrCat("tensor \"", tensor.name(), "\": is missing"));
  }
  return findings;
}

absl::StatusOr<std::vector<std::string>> AuditManifest(const Manifest& manifest, absl::string_view bytes, const AuditQuestion& question) {
  if (manifest.output().tensors().empty()) {
    return absl::FailedPreconditionError("the manifest lists no tensor of the output: there is nothing to audit");
  }
  absl::StatusOr<std::vector<std::string>> contradictions = Contradictions(manifest);
  if (!contradictions.ok()) return contradictions;
  std::vector<std::string> findings;
  if (!IsAccepted(manifest)) findings.push_back(absl::StrCat("the manifest itself says no: ", Summary(manifest)));
  for (const std::string& contradiction : *contradictions) {
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
