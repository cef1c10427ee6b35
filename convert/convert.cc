#include "convert/convert.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "convert/check_not_read.h"
#include "convert/conversion.h"
#include "convert/output_folder.h"
#include "convert/resources.h"
#include "execute/execute.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/output_file.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/file_role.h"
#include "formats/directory/find_checkpoint.h"
#include "formats/directory/read_model.h"
#include "formats/read_limits.h"
#include "proto/manifest.pb.h"
#include "verify/judge.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

constexpr int64_t kCopyBuffer = int64_t{1} << 20;

// Writing and judging are both asked before the first begins.
absl::Status CheckMemory(const ConvertOptions& options) {
  const Resources& resources = options.resources;
  const int64_t needed = std::max(MinimumMemory(resources.threads), options.verify ? MinimumJudgeMemory() : 0);
  if (resources.memory >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("--memory=", resources.memory, ": ", resources.threads, " threads need ", needed, " bytes of memory at least"));
}

absl::Status CopyBytes(const ByteSource& from, OutputFile& to) {
  std::string buffer;
  for (int64_t offset = 0; offset < from.size(); offset += static_cast<int64_t>(buffer.size())) {
    buffer.resize(std::min(kCopyBuffer, from.size() - offset));
    RETURN_IF_ERROR(from.ReadAt(offset, absl::MakeSpan(buffer)));
    RETURN_IF_ERROR(to.WriteAt(offset, buffer));
  }
  return absl::OkStatus();
}

// The files of one result, from the plan to their names.
class ResultFiles {
 public:
  ResultFiles(Conversion& conversion, const ConvertOptions& options)
      : plan_(conversion.plan),
        layout_(conversion.layout),
        names_(conversion.FileNames()),
        options_(options),
        folder_(options.folder, options.overwrite) {}

  // Whether all may come where they are to stand.
  absl::Status Check() const {
    std::vector<std::string> names = names_;
    if (!options_.manifest_name.empty()) names.push_back(options_.manifest_name);
    for (const std::string& name : names) {
      RETURN_IF_ERROR(CheckIsNotRead(folder_.PathOf(name), plan_.sources));
    }
    RETURN_IF_ERROR(folder_.CheckTargets(names));
    RETURN_IF_ERROR(FindObsolete().status());
    return CheckMemory(options_);
  }

  // In the order in which they get their names, the index last, for without it there is no checkpoint. All before data moves, so that a
  // full disk is noticed at once.
  absl::Status Create() {
    RETURN_IF_ERROR(folder_.Prepare(names_.size() + 1));
    for (const CheckpointLayout::Weights& weights : layout_.weights) {
      RETURN_IF_ERROR(CreateFile(weights.name, weights.layout.size));
    }
    for (const Companion& side_file : plan_.companions) {
      RETURN_IF_ERROR(CreateFile(side_file.name, side_file.bytes->size()));
      RETURN_IF_ERROR(CopyBytes(*side_file.bytes, *files_.back()));
    }
    if (!layout_.index.has_value()) return absl::OkStatus();
    RETURN_IF_ERROR(CreateFile(layout_.index->name, static_cast<int64_t>(layout_.index->bytes.size())));
    return files_.back()->WriteAt(0, layout_.index->bytes);
  }

  absl::Status WriteWeights() {
    std::vector<FileToWrite> files;
    int64_t bytes = 0;
    for (size_t i = 0; i < layout_.weights.size(); ++i) {
      const CheckpointLayout::Weights& weights = layout_.weights[i];
      files.push_back({.layout = &weights.layout, .first_output = weights.first_row, .file = files_[i].get()});
      bytes += weights.layout.size;
    }
    ProgressStep step(options_.resources.progress, "writing", bytes);
    absl::Status status = Execute(plan_, files,
                                  {.threads = options_.resources.threads,
                                   .memory = options_.resources.memory,
                                   .on_progress = [&](int64_t written) { step.Add(written); },
                                   .stop = options_.resources.stop});
    // Headers of hundreds of thousands of tensors take memory that judging needs.
    for (CheckpointLayout::Weights& weights : layout_.weights) weights.layout.literals.clear();
    return status;
  }

  absl::StatusOr<Manifest> JudgeWritten() const {
    const std::string main = layout_.index.has_value() ? layout_.index->name : layout_.weights.front().name;
    ASSIGN_OR_RETURN(ByteSourcePtr opened, OpenWritten(main));
    absl::StatusOr<Checkpoint> result = ReadModel(
        opened, [this](const std::string& name) { return OpenWritten(name); }, ReadLimits());
    if (absl::IsDataLoss(result.status()) || absl::IsUnimplemented(result.status())) {
      return absl::InternalError(absl::StrCat("what was written cannot be read: ", result.status().message()));
    }
    if (!result.ok()) return result.status();
    ProgressStep step(options_.resources.progress, "verifying", JudgeBytes(plan_, *result));
    return Judge(plan_, *result,
                 {.threads = options_.resources.threads,
                  .memory = options_.resources.memory,
                  .on_progress = [&](int64_t read) { step.Add(read); },
                  .stop = options_.resources.stop});
  }

  absl::Status WriteManifest(const Manifest& manifest) {
    if (options_.manifest_name.empty()) return absl::OkStatus();
    const std::string bytes = SerializeManifest(manifest);
    RETURN_IF_ERROR(CreateFile(options_.manifest_name, static_cast<int64_t>(bytes.size())));
    // The manifest comes first: a model without its manifest is never there.
    std::rotate(files_.begin(), files_.end() - 1, files_.end());
    return files_.front()->WriteAt(0, bytes);
  }

  absl::Status Publish() {
    std::vector<OutputFile*> files;
    for (const std::unique_ptr<OutputFile>& file : files_) files.push_back(file.get());
    return folder_.Publish(files, [this] { return FindObsolete(); });
  }

  // Says in `result` what was published.
  void Describe(ConversionResult& result) const {
    result.is_published = true;
    for (const CheckpointLayout::Weights& weights : layout_.weights) {
      result.weights.push_back({.path = folder_.PathOf(weights.name), .bytes = weights.layout.size});
    }
    if (layout_.index.has_value()) result.index_path = folder_.PathOf(layout_.index->name);
    if (options_.verify && !options_.manifest_name.empty()) result.manifest_path = folder_.PathOf(options_.manifest_name);
    if (options_.is_single_file && IsStandardWeights(layout_.weights.front().name)) result.other_weights = OtherWeights();
  }

 private:
  // What must go from the folder when the result comes: other weights, which would make it hold two checkpoints, and next to an unverified
  // result an older manifest, which would speak of other weights.
  absl::StatusOr<std::vector<std::string>> FindObsolete() const {
    std::vector<std::string> obsolete;
    if (!options_.is_single_file) obsolete = OtherWeights();
    if (!obsolete.empty() && !options_.overwrite) {
      return absl::AlreadyExistsError(
          absl::StrCat("writing to ", options_.folder, ": ", obsolete[0],
                       " belongs to another checkpoint; give another folder, or --overwrite, which removes it"));
    }
    if (!options_.verify && !options_.manifest_name.empty()) obsolete.push_back(options_.manifest_name);
    for (const std::string& name : obsolete) {
      RETURN_IF_ERROR(CheckIsNotRead(folder_.PathOf(name), plan_.sources));
    }
    return obsolete;
  }

  // Files of the folder that would stand beside the new weights as another checkpoint, or a part of one, in whatever format.
  std::vector<std::string> OtherWeights() const {
    std::vector<std::string> others = ListStandardWeights(options_.folder);
    std::erase_if(others, [&](const std::string& name) { return std::find(names_.begin(), names_.end(), name) != names_.end(); });
    return others;
  }

  absl::Status CreateFile(const std::string& name, int64_t size) {
    ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file, folder_.Create(name, size));
    files_.push_back(std::move(file));
    return absl::OkStatus();
  }

  absl::StatusOr<ByteSourcePtr> OpenWritten(const std::string& name) const {
    const std::string path = folder_.PathOf(name);
    for (const std::unique_ptr<OutputFile>& file : files_) {
      if (file->path() == path) return file->OpenForReading();
    }
    return absl::NotFoundError(absl::StrCat(path, " is not written"));
  }

  const Plan& plan_;
  CheckpointLayout& layout_;
  const std::vector<std::string> names_;
  const ConvertOptions& options_;
  OutputFolder folder_;
  std::vector<std::unique_ptr<OutputFile>> files_;
};

}  // namespace

absl::StatusOr<ConversionResult> Convert(Conversion conversion, const ConvertOptions& options) {
  ResultFiles files(conversion, options);
  RETURN_IF_ERROR(files.Check());
  RETURN_IF_ERROR(files.Create());
  RETURN_IF_ERROR(files.WriteWeights());
  ConversionResult result;
  bool is_exact = true;
  if (options.verify) {
    ASSIGN_OR_RETURN(result.judgement, files.JudgeWritten());
    is_exact = result.judgement->verdict() == Manifest::VERDICT_EXACT;
  }
  if (is_exact) {
    if (result.judgement.has_value()) {
      RETURN_IF_ERROR(files.WriteManifest(*result.judgement));
    }
    RETURN_IF_ERROR(files.Publish());
    files.Describe(result);
  }
  result.plan = std::move(conversion.plan);
  return result;
}

}  // namespace weighbridge
