#include "formats/directory/list_pickles.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "formats/bytes/byte_source.h"
#include "formats/directory/find_checkpoint.h"
#include "formats/directory/name_sources.h"
#include "formats/directory/read_weights.h"
#include "formats/directory/recognize.h"
#include "formats/directory/shard_index.h"
#include "formats/paddle/paddle_dialect.h"
#include "formats/paddle/variable_names.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/machine_options.h"
#include "formats/pickle/text.h"
#include "formats/read_limits.h"
#include "formats/torch/torch_dialect.h"
#include "formats/zip/zip_archive.h"

namespace weighbridge {
namespace {

class PickleLister {
 public:
  explicit PickleLister(const ReadLimits& limits) : limits_(limits) {}

  // A shard may not be an index itself: two that name each other would have no end.
  absl::Status AddFile(const std::string& path, bool is_shard = false) {
    ASSIGN_OR_RETURN(ByteSourcePtr source, OpenFile(path));
    ASSIGN_OR_RETURN(const FileKind kind, RecognizeFile(*source));
    switch (kind) {
      case FileKind::kTorchZip:
        return AddZip(source);
      case FileKind::kTorchLegacy:
        return AddLegacy(*source);
      case FileKind::kPaddlePickle:
        return AddBare(*source);
      case FileKind::kShardIndex:
        return is_shard ? ReadWeights(kind, source, limits_).status() : AddShards(*source);
      case FileKind::kPaddleLodTensors:
        return AddInfo(path);
      case FileKind::kTorchTar:
        return AddWhole(kind, source);
      default:
        return ReadWeights(kind, source, limits_).status();
    }
  }

  std::vector<ListedPickle> Take() { return std::move(pickles_); }

 private:
  // The pickle at `begin`; returns up to where it could be followed.
  int64_t Add(std::string where, const ByteSource& source, int64_t begin, pickle::MachineOptions options) {
    options.byte_strings = pickle::MachineOptions::ByteStrings::kLatin1;
    pickle::GlobalsReport report = pickle::ListGlobals(source, begin, source.size(), std::move(options));
    pickles_.push_back({std::move(where), std::move(report.globals), std::move(report.status)});
    return report.end;
  }

  // The five pickles of a legacy file (docs/spec/formats.md 4.1), of which the fourth is the object.
  absl::Status AddLegacy(const ByteSource& source) {
    int64_t position = 0;
    for (int i = 1; i <= 5; ++i) {
      position =
          Add(absl::StrCat(source.name(), ": pickle ", i), source, position, i == 4 ? TorchLegacyOptions(limits_) : TorchOptions(limits_));
      if (!pickles_.back().status.ok()) break;
    }
    return absl::OkStatus();
  }

  // A pickle, and those behind it, which no reader runs. What is none of them are other bytes.
  absl::Status AddBare(const ByteSource& source) {
    int64_t position = Add(source.name(), source, 0, paddle::PickleOptions(limits_));
    for (int64_t i = 2; pickles_.back().status.ok() && position < source.size() && i <= limits_.tensors; ++i) {
      position = Add(absl::StrCat(source.name(), ": pickle ", i), source, position, paddle::PickleOptions(limits_));
      if (pickles_.back().status.ok() || pickles_.back().IsForbidden()) continue;
      pickles_.pop_back();
      break;
    }
    return absl::OkStatus();
  }

  absl::Status AddZip(const ByteSourcePtr& source) {
    ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(source, limits_));
    for (const ZipMember& member : archive.members()) {
      if (!absl::EndsWith(member.name, ".pkl")) continue;
      const std::string where = absl::StrCat(source->name(), ": member ", pickle::Escape(member.name));
      if (member.size > limits_.pickle_bytes && member.deflated) {
        return absl::ResourceExhaustedError(absl::StrCat("reading ", where, ": it inflates to ", member.size, " bytes"));
      }
      const SourceRange data = archive.Data(member);
      ASSIGN_OR_RETURN(ByteSourcePtr bytes, MakeSliceSource(where, data.source, data.offset, data.size));
      Add(where, *bytes, 0, TorchZipOptions(limits_));
    }
    return absl::OkStatus();
  }

  // The index's shards, by name.
  absl::Status AddShards(const ByteSource& source) {
    ASSIGN_OR_RETURN(const ShardIndex index, ReadShardIndex(source, limits_));
    for (const std::string& shard : index.shards) {
      RETURN_IF_ERROR(AddFile(std::filesystem::path(source.name()).replace_filename(shard), /*is_shard=*/true));
    }
    return absl::OkStatus();
  }

  absl::Status AddInfo(const std::string& path) {
    ASSIGN_OR_RETURN(const std::vector<paddle::NameSource> names, OpenNameSources(path));
    for (const paddle::NameSource& source : names) {
      if (source.kind == paddle::NameSource::Kind::kParameterInfo)
        Add(source.bytes->name(), *source.bytes, 0, paddle::PickleOptions(limits_));
    }
    return absl::OkStatus();
  }

  // torch's tar form has many small pickles between its bytes: whether they are harmless its reader says.
  absl::Status AddWhole(FileKind kind, const ByteSourcePtr& source) {
    absl::Status status = ReadWeights(kind, source, limits_).status();
    if (!status.ok() && !absl::IsPermissionDenied(status)) return status;
    pickles_.push_back({source->name(), {}, status});
    return absl::OkStatus();
  }

  const ReadLimits limits_;
  std::vector<ListedPickle> pickles_;
};

}  // namespace

bool ListedPickle::IsForbidden() const {
  return absl::IsPermissionDenied(status) ||
         std::any_of(globals.begin(), globals.end(), [](const pickle::NamedGlobal& global) { return !global.allowed; });
}

absl::StatusOr<std::vector<ListedPickle>> ListPickles(const std::string& path, const ReadLimits& limits) {
  std::string file = path;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    ASSIGN_OR_RETURN(FoundCheckpoint in_folder, FindCheckpoint(path, limits));
    file = in_folder.path;
  }
  PickleLister lister(limits);
  RETURN_IF_ERROR(lister.AddFile(file));
  return lister.Take();
}

}  // namespace weighbridge
