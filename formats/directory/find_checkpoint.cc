#include "formats/directory/find_checkpoint.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/file_role.h"
#include "formats/directory/shard_index.h"
#include "re2/re2.h"

namespace weighbridge {
namespace {

using Kind = FileRole::Kind;
using Rank = FileRole::Rank;

// Files of a folder, or its checkpoints by the name of their file; sorted.
using Names = std::set<std::string>;

struct File {
  FileRole role;
  std::string unusable;  // Why it cannot be read though a listing shows it; empty otherwise.
};

struct Listing {
  std::string folder;
  std::map<std::string, File> files;
  Names folders;
};

// Why a file of a listing cannot be read: a message goes on with " is empty".
std::string WhyUnusable(const std::filesystem::directory_entry& entry) {
  std::error_code error;
  if (entry.is_regular_file(error)) return entry.file_size(error) == 0 && !error ? "is empty" : "";
  if (entry.exists(error)) return "is not a regular file";
  const std::filesystem::path target = std::filesystem::read_symlink(entry.path(), error);
  return error ? "cannot be looked at" : absl::StrCat("is a link to ", target.string(), ", which is not there");
}

absl::StatusOr<Listing> List(const std::string& folder) {
  Listing listing{.folder = folder, .files = {}, .folders = {}};
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if (!absl::StartsWith(name, ".")) listing.folders.insert(name);
    } else {
      listing.files.emplace(name, File{.role = RoleOf(name), .unusable = WhyUnusable(*entry)});
    }
  }
  if (!error) return listing;
  const std::string message = absl::StrCat("listing ", folder, ": ", error.message());
  if (error == std::errc::permission_denied) return absl::PermissionDeniedError(message);
  if (error == std::errc::no_such_file_or_directory) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

template <typename Condition>
Names Select(const Listing& listing, Condition condition) {
  Names names;
  for (const auto& [name, file] : listing.files) {
    if (condition(file)) names.insert(name);
  }
  return names;
}

Names OfKind(const Listing& listing, Kind kind) {
  return Select(listing, [&](const File& file) { return file.role.kind == kind; });
}

bool IsCandidate(const File& file) {
  return file.role.kind == Kind::kWeights || file.role.kind == Kind::kIndex;
}

// "a, b, c and 5 more".
std::string Some(const Names& names) {
  constexpr size_t kShown = 4;
  std::vector<std::string> shown(names.begin(), std::next(names.begin(), static_cast<int64_t>(std::min(kShown, names.size()))));
  const std::string text = absl::StrJoin(shown, ", ");
  return names.size() > kShown ? absl::StrCat(text, " and ", names.size() - kShown, " more") : text;
}

// Divides candidates into complete ones and, by sentences that say what is missing, others.
struct Candidates {
  Names complete;
  std::vector<std::string> incomplete;
};

// What an index names and the folder does not have; "" when all is there.
std::string WhatIsMissing(const ShardIndex& index, const Listing& listing) {
  for (const std::string& shard : index.shards) {
    const auto file = listing.files.find(shard);
    if (file != listing.files.end() && file->second.unusable.empty()) continue;
    const std::string why = file == listing.files.end() ? "is not there" : file->second.unusable;
    return absl::StrCat("names the shard ", shard, ", which ", why);
  }
  return "";
}

absl::StatusOr<Candidates> Examine(const Listing& listing, const Names& names, const ReadLimits& limits) {
  Candidates candidates{.complete = names, .incomplete = {}};
  for (const std::string& name : names) {
    std::string wrong = listing.files.at(name).unusable;
    if (wrong.empty() && listing.files.at(name).role.kind == Kind::kIndex) {
      ASSIGN_OR_RETURN(ByteSourcePtr source, OpenFile(std::filesystem::path(listing.folder) / name));
      ASSIGN_OR_RETURN(ShardIndex index, ReadShardIndex(*source, limits));
      wrong = WhatIsMissing(index, listing);
      for (const std::string& shard : index.shards) candidates.complete.erase(shard);
    }
    if (wrong.empty()) continue;
    candidates.complete.erase(name);
    candidates.incomplete.push_back(absl::StrCat(name, " ", wrong));
  }
  return candidates;
}

// The parts of one model that was cut, none of which is complete; empty when there are none among the names.
Names FindParts(const Listing& listing, const Names& names) {
  std::map<std::string, Names> sets;
  Names sure;
  for (const std::string& name : names) {
    const FileRole& role = listing.files.at(name).role;
    if (role.part_of.empty()) continue;
    sets[role.part_of].insert(name);
    // Numbers begin with 0 or 1; "lora_rank_64" is a LoRA's rank.
    if (role.is_surely_part || (role.part <= 1 && names.contains(role.next_part))) sure.insert(role.part_of);
  }
  return sure.empty() ? Names() : sets[*sure.begin()];
}

// A folder that holds the parts of one model, or the checkpoint itself, in folders of its own.
std::string WhatFoldersHold(const Listing& listing) {
  static const RE2 kPart(R"(mp_rank_\d+(?:_\d+)*)");
  Names parts, with_weights;
  const std::filesystem::path path(listing.folder);
  if (listing.folders.contains("snapshots") && listing.folders.contains("blobs")) {
    absl::StatusOr<Listing> snapshots = List(path / "snapshots");
    if (snapshots.ok())
      return absl::StrCat("; it is a repository in the hub's cache: pass one of its snapshots/: ", Some(snapshots->folders));
  }
  for (const std::string& name : listing.folders) {
    if (RE2::FullMatch(name, kPart)) parts.insert(name);
    absl::StatusOr<Listing> below = List(path / name);
    if (below.ok() && !(Select(*below, IsCandidate).empty() && OfKind(*below, Kind::kDistributed).empty())) with_weights.insert(name);
  }
  if (parts.size() > 1)
    return absl::StrCat("; it holds the parts of one model in folders, which have to be put together first: ", Some(parts));
  return with_weights.empty() ? "" : absl::StrCat("; folders in it hold weights: ", Some(with_weights), "; pass the one that is meant");
}

absl::Status NothingFound(const Listing& listing) {
  const std::string& folder = listing.folder;
  if (const Names shards = OfKind(listing, Kind::kShard); !shards.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, " holds ", *shards.begin(), shards.size() > 1 ? " and other shards" : ", a shard",
                     " without the index (….index.json) that belongs to ", shards.size() > 1 ? "them" : "it"));
  }
  if (const Names files = OfKind(listing, Kind::kDistributed); !files.empty()) {
    return absl::UnimplementedError(absl::StrCat(folder, " is a checkpoint of torch.distributed.checkpoint (", Some(files),
                                                 "), which is not read; `python -m torch.distributed.checkpoint.format_utils dcp_to_torch "
                                                 "FOLDER FILE` makes one file of it"));
  }
  if (listing.files.contains("__model__")) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, " holds a program of Paddle, __model__, and not __params__: its parameters are a file each; pass one of them"));
  }
  const Names others = Select(listing, [](const File&) { return true; });
  return absl::FailedPreconditionError(absl::StrCat(
      folder,
      " holds no checkpoint: neither pytorch_model.bin, model.safetensors, model_state.pdparams, nor the index of one, nor another "
      "file that ends in .bin, .pt, .pth, .safetensors, .pdparams or .pdiparams and is not what trainers leave beside the weights; "
      "it has ",
      others.empty() ? "no file" : Some(others), WhatFoldersHold(listing)));
}

// Takes what is complete among names of one rank; nothing when none is.
absl::StatusOr<std::optional<FoundCheckpoint>> Choose(const Listing& listing, const Candidates& candidates) {
  const Names& complete = candidates.complete;
  if (const Names parts = FindParts(listing, complete); !parts.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(listing.folder, " holds ", parts.size() > 1 ? "parts" : "a part",
                                                      " of one model that was cut for several devices: ", Some(parts),
                                                      "; each holds a piece of the tensors, so they have to be put together first"));
  }
  if (complete.size() > 1) {
    return absl::FailedPreconditionError(absl::StrCat(listing.folder, " holds ", complete.size(), " complete checkpoints: ",
                                                      absl::StrJoin(complete, ", "), "; pass the file (or the index) that is meant"));
  }
  if (complete.empty()) return std::nullopt;
  return FoundCheckpoint{.path = std::filesystem::path(listing.folder) / *complete.begin(), .remarks = {}};
}

}  // namespace

absl::StatusOr<FoundCheckpoint> FindCheckpoint(const std::string& folder, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(Listing listing, List(folder));
  std::vector<std::string> incomplete;
  for (const Rank rank : {Rank::kStandard, Rank::kModel, Rank::kVariant, Rank::kOtherName}) {
    // Where the model itself is damaged, its adapter is not what is meant.
    if (rank == Rank::kOtherName && !incomplete.empty()) break;
    const Names names = Select(listing, [&](const File& file) { return IsCandidate(file) && file.role.rank == rank; });
    ASSIGN_OR_RETURN(Candidates candidates, Examine(listing, names, limits));
    incomplete.insert(incomplete.end(), candidates.incomplete.begin(), candidates.incomplete.end());
    ASSIGN_OR_RETURN(std::optional<FoundCheckpoint> found, Choose(listing, candidates));
    if (!found.has_value()) continue;
    const Names others = Select(listing, [&](const File& file) { return IsCandidate(file) && file.role.rank > rank; });
    if (rank != Rank::kStandard && !others.empty()) incomplete.push_back(absl::StrCat("not read, though it is here: ", Some(others)));
    found->remarks = std::move(incomplete);
    return *std::move(found);
  }
  if (incomplete.empty()) return NothingFound(listing);
  const Names others = Select(listing, [](const File& file) { return IsCandidate(file) && file.role.rank == Rank::kOtherName; });
  return absl::FailedPreconditionError(absl::StrCat(folder, " holds no complete checkpoint: ", absl::StrJoin(incomplete, "; "),
                                                    others.empty() ? "" : "; pass one of these if it is meant: ", Some(others)));
}

std::vector<std::string> ListStandardWeights(const std::string& folder) {
  std::vector<std::string> names;
  absl::StatusOr<Listing> listing = List(folder);
  if (!listing.ok()) return names;
  for (const auto& [name, file] : listing->files) {
    if (IsStandardWeights(name)) names.push_back(name);
  }
  return names;
}

absl::StatusOr<std::vector<std::string>> FindOtherWeights(const std::string& folder, absl::Span<const std::string> known) {
  ASSIGN_OR_RETURN(Listing listing, List(folder));
  const bool is_standard = std::any_of(known.begin(), known.end(), [](const std::string& name) { return IsStandardWeights(name); });
  std::vector<std::string> others;
  for (const auto& [name, file] : listing.files) {
    const bool counts = IsStandardWeights(name) || (!is_standard && (IsCandidate(file) || file.role.kind == Kind::kShard));
    if (counts && std::find(known.begin(), known.end(), name) == known.end()) others.push_back(name);
  }
  return others;
}

}  // namespace weighbridge
