#include "verify/audit.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "plan/parallel_for.h"
#include "proto/manifest.pb.h"
#include "verify/content_root.h"
#include "verify/digest.h"
#include "verify/manifest.h"

namespace weighbridge {
namespace {

std::string SpecOf(const OutputTensor& tensor) {
  return absl::StrCat(tensor.dtype(), " ", ShapeToString(Shape(tensor.shape().begin(), tensor.shape().end())));
}

// What two descriptions of one source disagree about.
void CompareFiles(const SourceCheckpoint& source, const SourceCheckpoint& later, std::vector<std::string>& findings) {
  const auto key = [](const File& file) { return std::make_pair(file.role(), file.sha256()); };
  const auto has = [&](const SourceCheckpoint& where, const File& file) {
    return std::any_of(where.files().begin(), where.files().end(), [&](const File& other) { return key(other) == key(file); });
  };
  for (const File& file : source.files()) {
    if (!has(later, file)) findings.push_back(absl::StrCat("source ", source.id(), ": no file has the bytes that ", file.name(), " had"));
  }
  for (const File& file : later.files()) {
    if (!has(source, file)) findings.push_back(absl::StrCat("source ", source.id(), ": ", file.name(), " is no file of the manifest"));
  }
}

void CompareRecipe(const RecipeText& recipe, const RecipeText& later, std::vector<std::string>& findings) {
  if (recipe.textproto() == later.textproto()) return;
  findings.push_back(absl::StrCat("recipe ", recipe.name(), ": its text is another than in the manifest"));
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
    sha256[index] = digest.Finish();
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

std::vector<std::string> AuditManifest(const Manifest& manifest) {
  std::vector<std::string> findings;
  if (!IsAccepted(manifest)) findings.push_back(absl::StrCat("the manifest itself says no: ", Summary(manifest)));
  std::vector<const RecipeText*> recipes = {&manifest.recipe()};
  for (const SourceRecipe& made : manifest.made_sources()) recipes.push_back(&made.recipe());
  for (const RecipeText* recipe : recipes) {
    Sha256 sha256;
    sha256.Update(recipe->textproto());
    if (sha256.Finish() != recipe->sha256()) {
      findings.push_back(absl::StrCat("the manifest contradicts itself: recipe ", recipe->name(), " has another SHA-256"));
    }
  }
  if (ContentRoot(manifest.output()) != manifest.output().content_root()) {
    findings.push_back("the manifest contradicts itself: its tensors have another content root");
  }
  return findings;
}

std::vector<std::string> CompareSources(const Manifest& manifest, const Manifest& later) {
  std::vector<std::string> findings;
  CompareRecipe(manifest.recipe(), later.recipe(), findings);
  for (int i = 0; i < std::min(manifest.made_sources_size(), later.made_sources_size()); ++i) {
    CompareRecipe(manifest.made_sources(i).recipe(), later.made_sources(i).recipe(), findings);
  }
  if (manifest.made_sources_size() != later.made_sources_size() || manifest.sources_size() != later.sources_size()) {
    findings.push_back("the sources are not those of the manifest");
    return findings;
  }
  for (int i = 0; i < manifest.sources_size(); ++i) {
    if (manifest.sources(i).id() == later.sources(i).id()) {
      CompareFiles(manifest.sources(i), later.sources(i), findings);
    } else {
      findings.push_back(absl::StrCat("source ", later.sources(i).id(), " stands in the place of ", manifest.sources(i).id()));
    }
  }
  return findings;
}

}  // namespace weighbridge
