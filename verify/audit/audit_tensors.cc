#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/parallel_for.h"
#include "base/progress_report.h"
#include "base/status.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/audit/audit.h"
#include "verify/digest/container_ranges.h"
#include "verify/digest/digest.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

std::string SpecText(const OutputTensor& tensor) {
  const std::optional<TensorSpec> spec = SpecOf(tensor);
  return spec.has_value() ? ToString(*spec) : "no tensor's dtype and shape";
}

// The content digests of the tensors with these indices, in that order.
absl::StatusOr<std::vector<std::string>> DigestTensors(const Checkpoint& checkpoint, absl::Span<const size_t> indices,
                                                       const AuditOptions& options) {
  std::vector<std::string> sha256(indices.size());
  ProgressReport progress(options.on_progress);
  RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(indices.size()), options.threads, options.stop, [&](int64_t index, int) {
    const CheckpointTensor& row = checkpoint.tensors()[indices[index]];
    ContentDigest digest(row.tensor.spec(), DigestKind::kSha256);
    RETURN_IF_ERROR(ForEachPiece(row.tensor, kDigestChunk, [&](absl::string_view piece) { digest.Update(piece); }),
                    Annotate(_, absl::StrCat("tensor \"", row.name, "\"")));
    ASSIGN_OR_RETURN(sha256[index], digest.Finish());
    progress.Add(row.tensor.byte_size());
    return absl::OkStatus();
  }));
  return sha256;
}

// A row of the output's table, for comparing and to be read.
std::string Row(absl::string_view name, absl::string_view spec, std::optional<PlaceInFile> place) {
  return absl::StrCat("\"", name, "\", ", spec,
                      place.has_value() ? absl::StrCat(", from byte ", place->offset, " of file ", place->file, " on") : "");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> AuditContent(const Manifest& manifest, const Checkpoint& checkpoint, const AuditOptions& options) {
  const auto& tensors = checkpoint.tensors();
  std::vector<size_t> all(tensors.size());
  std::iota(all.begin(), all.end(), size_t{0});
  ASSIGN_OR_RETURN(const std::vector<std::string> sha256, DigestTensors(checkpoint, all, options));

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
    if (const std::string spec = ToString(tensors[i].tensor.spec()); spec != SpecText(tensor)) {
      findings.push_back(absl::StrCat(place, "is ", spec, " and was ", SpecText(tensor)));
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

absl::StatusOr<std::vector<std::string>> AuditTable(const Manifest& manifest, const Checkpoint& checkpoint, const AuditOptions& options) {
  using Findings = std::vector<std::string>;
  const Output& output = manifest.output();
  if (output.format() != checkpoint.format) {
    return Findings{absl::StrCat("the manifest says that the output's format is ", output.format(), ", and it is ", checkpoint.format)};
  }
  std::vector<const OutputTensor*> listed;
  for (const OutputTensor& tensor : output.tensors()) {
    if (!tensor.content_sha256().empty()) listed.push_back(&tensor);
  }
  const auto& tensors = checkpoint.tensors();
  if (listed.size() != tensors.size()) {
    return Findings{absl::StrCat("the manifest lists ", listed.size(), " tensors, and the output's files hold ", tensors.size())};
  }
  const FilePlaces places(checkpoint);
  std::vector<size_t> unplaced;
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::optional<PlaceInFile> said;
    if (listed[i]->has_offset()) said = {.file = static_cast<size_t>(listed[i]->file()), .offset = listed[i]->offset()};
    const std::optional<PlaceInFile> found = places.Find(tensors[i].tensor);
    if (!found.has_value()) unplaced.push_back(i);
    const std::string row = Row(tensors[i].name, ToString(tensors[i].tensor.spec()), found);
    const std::string claim = Row(listed[i]->name(), SpecText(*listed[i]), said);
    if (row != claim) return Findings{absl::StrCat("tensor ", i, " of the output's files is ", row, "; the manifest says ", claim)};
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> sha256, DigestTensors(checkpoint, unplaced, options));
  Findings findings;
  for (size_t k = 0; k < unplaced.size(); ++k) {
    if (sha256[k] == listed[unplaced[k]]->content_sha256()) continue;
    findings.push_back(absl::StrCat("tensor \"", tensors[unplaced[k]].name, "\": its elements have another SHA-256"));
  }
  return findings;
}

}  // namespace weighbridge
