#include "formats/directory/read_model.h"

#include <filesystem>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/file_role.h"
#include "formats/directory/read_facts.h"
#include "formats/directory/read_weights.h"
#include "formats/directory/recognize.h"
#include "formats/paddle/restore_bfloat16.h"

namespace weighbridge {
namespace {

// Adds what belongs to a model and lies in its folder.
absl::Status AddCompanions(const std::filesystem::path& folder, OpenInFolder open, const ReadLimits& limits, Checkpoint& checkpoint) {
  using Role = CheckpointFile::Role;
  static constexpr std::pair<const char*, Role> kCompanions[] = {
      {"config.json", Role::kConfig},
      {"generation_config.json", Role::kConfig},
      {"tokenizer.model", Role::kTokenizer},
      {"tokenizer.json", Role::kTokenizer},
      {"tokenizer_config.json", Role::kTokenizer},
      {"added_tokens.json", Role::kTokenizer},
      {"special_tokens_map.json", Role::kTokenizer},
  };
  for (const auto& [name, role] : kCompanions) {
    absl::StatusOr<ByteSourcePtr> source = open(name);
    // A folder of that name is as good as nothing.
    if (absl::IsNotFound(source.status()) || absl::IsFailedPrecondition(source.status())) continue;
    if (!source.ok()) return source.status();
    checkpoint.files.push_back({role, folder / name, *source});
    if (std::string(name) != "config.json") continue;
    ASSIGN_OR_RETURN(checkpoint.facts, ReadFacts(**source, limits));
  }
  return absl::OkStatus();
}

// What a file's name says when it is no whole model, though it is read like one; "" otherwise.
std::string PieceRemark(const std::string& name, OpenInFolder open) {
  const FileRole role = RoleOf(name);
  if (role.kind == FileRole::Kind::kShard) {
    return absl::StrCat("the name ", name, " says that it is one shard of several (", role.shard, "); only what it holds is read");
  }
  if (role.part_of.empty() || !(role.is_surely_part || (role.part <= 1 && open(role.next_part).ok()))) return "";
  return absl::StrCat("the name ", name, " says that it is one part of a model that was cut for several devices (", role.part_of,
                      "); only what it holds is read");
}

}  // namespace

absl::StatusOr<Checkpoint> ReadModel(const ByteSourcePtr& main, OpenInFolder open, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(FileKind kind, RecognizeFile(*main));
  absl::StatusOr<Checkpoint> checkpoint = kind == FileKind::kShardIndex ? ReadSharded(main, open, limits) : ReadWeights(kind, main, limits);
  if (!checkpoint.ok()) return checkpoint.status();
  const std::filesystem::path folder = std::filesystem::path(main->name()).parent_path();
  RETURN_IF_ERROR(AddCompanions(folder, open, limits, *checkpoint));
  RETURN_IF_ERROR(paddle::RestoreBfloat16(*checkpoint));
  const std::string remark = PieceRemark(std::filesystem::path(main->name()).filename(), open);
  if (!remark.empty()) checkpoint->remarks.push_back(remark);
  return checkpoint;
}

}  // namespace weighbridge
