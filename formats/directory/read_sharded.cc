#include "formats/directory/read_sharded.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/directory/read_weights.h"
#include "formats/directory/recognize.h"
#include "formats/directory/shard_index.h"

namespace weighbridge {
namespace {

absl::Status Reading(absl::string_view path, const absl::Status& status) {
  return Annotate(status, absl::StrCat("reading ", path));
}

absl::StatusOr<Checkpoint> OpenShard(const std::string& name, const std::string& index_path, OpenInFolder open, const ReadLimits& limits) {
  absl::StatusOr<ByteSourcePtr> source = open(name);
  if (absl::IsNotFound(source.status())) {
    const std::string path = std::filesystem::path(index_path).parent_path() / name;
    return Reading(index_path, absl::DataLossError(absl::StrCat("its shard ", path, " is not there (", source.status().message(), ")")));
  }
  if (!source.ok()) return source.status();
  ASSIGN_OR_RETURN(FileKind kind, RecognizeFile(**source));
  return ReadWeights(kind, *source, limits);
}

// Appends a shard's table, every tensor of which the index must place there.
absl::Status AddShard(const std::string& name, const Checkpoint& shard, const ShardIndex& index, Checkpoint& whole) {
  for (const CheckpointTensor& tensor : shard.tensors()) {
    const auto placed = index.shard_of.find(tensor.name);
    absl::Status status;
    if (placed == index.shard_of.end()) {
      status = absl::DataLossError(absl::StrCat("tensor \"", tensor.name, "\" is not in the index"));
    } else if (placed->second != name) {
      status = absl::DataLossError(absl::StrCat("tensor \"", tensor.name, "\" lies here; the index places it in ", placed->second));
    } else {
      status = whole.Add(tensor);
    }
    if (!status.ok()) return Reading(shard.path, status);
  }
  whole.files.insert(whole.files.end(), shard.files.begin(), shard.files.end());
  whole.checksums.insert(whole.checksums.end(), shard.checksums.begin(), shard.checksums.end());
  for (const std::string& remark : shard.remarks) whole.remarks.push_back(absl::StrCat(name, ": ", remark));
  for (const std::string& sentence : shard.unlisted) whole.unlisted.push_back(absl::StrCat(name, ": ", sentence));
  whole.work += shard.work;
  return absl::OkStatus();
}

// Metadata of one shard speaks of the whole unless another shard contradicts it.
class JoinedMetadata {
 public:
  void Add(const std::map<std::string, std::string>& shard) {
    for (const auto& [key, value] : shard) {
      if (metadata_.emplace(key, value).first->second != value) contradicted_.insert(key);
    }
  }

  void MoveTo(Checkpoint& whole) {
    for (const std::string& key : contradicted_) metadata_.erase(key);
    whole.metadata = std::move(metadata_);
    if (contradicted_.empty()) return;
    whole.remarks.push_back(absl::StrCat("the shards' metadata differ, so the whole has none of: ", absl::StrJoin(contradicted_, ", ")));
  }

 private:
  std::map<std::string, std::string> metadata_;
  std::set<std::string> contradicted_;
};

// Reads all shards, in order, into `whole`.
absl::Status AddShards(const ShardIndex& index, OpenInFolder open, const ReadLimits& limits, Checkpoint& whole) {
  JoinedMetadata metadata;
  for (const std::string& name : index.shards) {
    ASSIGN_OR_RETURN(Checkpoint shard, OpenShard(name, whole.path, open, limits));
    RETURN_IF_ERROR(AddShard(name, shard, index, whole));
    whole.is_ordered &= shard.is_ordered;
    metadata.Add(shard.metadata);
  }
  metadata.MoveTo(whole);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Checkpoint> ReadSharded(const ByteSourcePtr& index_source, OpenInFolder open, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(ShardIndex index, ReadShardIndex(*index_source, limits));
  Checkpoint whole;
  whole.path = index_source->name();
  whole.format = "index";
  whole.files = {{CheckpointFile::Role::kIndex, index_source->name(), index_source}};
  RETURN_IF_ERROR(AddShards(index, open, limits, whole));
  for (const auto& [tensor, shard] : index.shard_of) {
    if (whole.Find(tensor) != nullptr) continue;
    return Reading(whole.path, absl::DataLossError(absl::StrCat("tensor \"", tensor, "\": its shard ", shard, " does not hold it")));
  }
  double bytes = 0;
  for (const CheckpointTensor& tensor : whole.tensors()) bytes += static_cast<double>(tensor.tensor.byte_size());
  if (index.total_size && *index.total_size != bytes) {
    whole.remarks.push_back(absl::StrFormat("the index gives a total_size of %.0f bytes; its tensors have %.0f", *index.total_size, bytes));
  }
  return whole;
}

}  // namespace weighbridge
