#include "formats/directory/open_checkpoint.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/find_checkpoint.h"
#include "formats/directory/read_facts.h"
#include "formats/directory/read_sharded.h"
#include "formats/directory/read_weights.h"
#include "formats/directory/recognize.h"

namespace weighbridge {
namespace {

// Adds what belongs to a model and lies in its folder.
absl::Status AddCompanions(const std::filesystem::path& folder, const ReadLimits& limits, Checkpoint& checkpoint) {
  using Role = CheckpointFile::Role;
  static constexpr std::pair<const char*, Role> kCompanions[] = {
      {"config.json", Role::kConfig},          {"generation_config.json", Role::kConfig},
      {"tokenizer.model", Role::kTokenizer},   {"tokenizer_config.json", Role::kTokenizer},
      {"added_tokens.json", Role::kTokenizer}, {"special_tokens_map.json", Role::kTokenizer},
  };
  for (const auto& [name, role] : kCompanions) {
    const std::string path = folder / name;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    absl::StatusOr<ByteSourcePtr> source = OpenFile(path);
    if (!source.ok()) return source.status();
    checkpoint.files.push_back({role, path, *source});
    if (std::string(name) != "config.json") continue;
    absl::StatusOr<Facts> facts = ReadFacts(**source, limits);
    if (!facts.ok()) return facts.status();
    checkpoint.facts = *std::move(facts);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Checkpoint> OpenCheckpoint(const std::string& path, const ReadLimits& limits) {
  FoundCheckpoint found{.path = path, .remarks = {}};
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    absl::StatusOr<FoundCheckpoint> in_folder = FindCheckpoint(path, limits);
    if (!in_folder.ok()) return in_folder.status();
    found = *std::move(in_folder);
  }
  absl::StatusOr<ByteSourcePtr> source = OpenFile(found.path);
  if (!source.ok()) return source.status();
  absl::StatusOr<FileKind> kind = RecognizeFile(**source);
  if (!kind.ok()) return kind.status();
  absl::StatusOr<Checkpoint> checkpoint = *kind == FileKind::kJson ? ReadSharded(*source, limits) : ReadWeights(*kind, *source, limits);
  if (!checkpoint.ok()) return checkpoint.status();
  const std::filesystem::path folder = std::filesystem::path(found.path).parent_path();
  if (absl::Status status = AddCompanions(folder, limits, *checkpoint); !status.ok()) return status;
  checkpoint->path = path;
  checkpoint->remarks.insert(checkpoint->remarks.end(), found.remarks.begin(), found.remarks.end());
  return checkpoint;
}

}  // namespace weighbridge
