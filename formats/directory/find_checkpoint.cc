#include "formats/directory/find_checkpoint.h"

#include <algorithm>
#include <filesystem>
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
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/shard_index.h"
#include "re2/re2.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kIndexSuffix = ".index.json";

bool IsIndex(absl::string_view name) {
  return absl::EndsWith(name, kIndexSuffix);
}

bool IsStandard(absl::string_view name) {
  if (IsIndex(name)) name.remove_suffix(kIndexSuffix.size());
  return name == "pytorch_model.bin" || name == "model.safetensors" || name == "model_state.pdparams";
}

bool IsWeights(absl::string_view name) {
  static constexpr absl::string_view kExtensions[] = {".bin", ".pt", ".pth", ".safetensors", ".pdparams"};
  return std::any_of(std::begin(kExtensions), std::end(kExtensions), [&](absl::string_view e) { return absl::EndsWith(name, e); });
}

// "pytorch_model-00001-of-00002.bin".
bool IsShard(const std::string& name) {
  static const RE2 kPattern(R"(-\d{5}-of-\d{5}\.\w+$)");
  return IsWeights(name) && RE2::PartialMatch(name, kPattern);
}

// What trainers leave beside the weights, with the extensions of weights.
bool IsTrainerState(absl::string_view name) {
  static constexpr absl::string_view kStems[] = {"training_args.", "optimizer.", "scheduler.", "scaler.", "rng_state"};
  return std::any_of(std::begin(kStems), std::end(kStems), [&](absl::string_view stem) { return absl::StartsWith(name, stem); });
}

// A folder's files, or its checkpoints by the name of their file; sorted.
using Names = std::set<std::string>;

absl::StatusOr<Names> ListFiles(const std::string& folder) {
  Names names;
  std::error_code error;
  for (std::filesystem::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    std::error_code ignored;  // A link to nowhere is no file.
    if (file->is_regular_file(ignored)) names.insert(file->path().filename());
  }
  if (!error) return names;
  const std::string message = absl::StrCat("listing ", folder, ": ", error.message());
  if (error == std::errc::permission_denied) return absl::PermissionDeniedError(message);
  if (error == std::errc::no_such_file_or_directory) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

// Divides candidates into complete ones and, by sentences that say what is missing, others.
struct Candidates {
  Names complete;
  std::vector<std::string> incomplete;
};

absl::StatusOr<Candidates> Examine(const std::string& folder, const Names& files, const Names& names, const ReadLimits& limits) {
  Candidates candidates;
  candidates.complete = names;
  for (const std::string& name : names) {
    if (!IsIndex(name)) continue;
    absl::StatusOr<ByteSourcePtr> source = OpenFile(std::filesystem::path(folder) / name);
    if (!source.ok()) return source.status();
    absl::StatusOr<ShardIndex> index = ReadShardIndex(**source, limits);
    if (!index.ok()) return index.status();
    for (const std::string& shard : index->shards) candidates.complete.erase(shard);
    const auto missing = std::find_if(index->shards.begin(), index->shards.end(), [&](const std::string& s) { return !files.contains(s); });
    if (missing == index->shards.end()) continue;
    candidates.complete.erase(name);
    candidates.incomplete.push_back(absl::StrCat(name, " names the shard ", *missing, ", which is not there"));
  }
  return candidates;
}

absl::Status NothingFound(const std::string& folder, const Names& files) {
  Names shards;
  std::copy_if(files.begin(), files.end(), std::inserter(shards, shards.end()), IsShard);
  if (shards.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder,
        " holds no checkpoint: neither pytorch_model.bin, model.safetensors, model_state.pdparams or the index of one, nor another "
        "file that ends in .bin, .pt, .pth, .safetensors or .pdparams"));
  }
  return absl::FailedPreconditionError(absl::StrCat(folder, " holds ", *shards.begin(),
                                                    shards.size() > 1 ? " and other shards" : ", a shard",
                                                    " without the index (….index.json) that belongs to them"));
}

}  // namespace

absl::StatusOr<FoundCheckpoint> FindCheckpoint(const std::string& folder, const ReadLimits& limits) {
  absl::StatusOr<Names> files = ListFiles(folder);
  if (!files.ok()) return files.status();
  Names names;
  std::copy_if(files->begin(), files->end(), std::inserter(names, names.end()), IsStandard);
  if (names.empty()) {
    std::copy_if(files->begin(), files->end(), std::inserter(names, names.end()),
                 [](const std::string& name) { return IsIndex(name) || (IsWeights(name) && !IsShard(name) && !IsTrainerState(name)); });
  }
  absl::StatusOr<Candidates> candidates = Examine(folder, *files, names, limits);
  if (!candidates.ok()) return candidates.status();
  const Names& complete = candidates->complete;
  if (complete.size() > 1) {
    return absl::FailedPreconditionError(absl::StrCat(folder, " holds ", complete.size(), " complete checkpoints: ",
                                                      absl::StrJoin(complete, ", "), "; pass the file (or the index) that is meant"));
  }
  if (complete.empty() && !candidates->incomplete.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, " holds no complete checkpoint: ", absl::StrJoin(candidates->incomplete, "; ")));
  }
  if (complete.empty()) return NothingFound(folder, *files);
  return FoundCheckpoint{.path = std::filesystem::path(folder) / *complete.begin(), .remarks = std::move(candidates->incomplete)};
}

}  // namespace weighbridge
