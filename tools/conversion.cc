#include "tools/conversion.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/printable.h"
#include "base/status.h"
#include "convert/check_companions.h"
#include "convert/output_folder.h"
#include "convert/result_metadata.h"
#include "execute/execute.h"
#include "execute/layout_rows.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/output_file.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/file_role.h"
#include "formats/directory/find_checkpoint.h"
#include "formats/directory/read_model.h"
#include "formats/layout.h"
#include "formats/read_limits.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "tools/byte_count.h"
#include "tools/describe_plan.h"
#include "tools/progress.h"
#include "tools/sources.h"
#include "tools/tool.h"
#include "verify/judge.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

WeightsFormat FormatOf(const ConversionOptions& options) {
  return options.format.value_or(WeightsFormat::kPdparams);
}

constexpr int64_t kCopyBuffer = int64_t{1} << 20;

// Both steps are asked before the first begins.
absl::Status CheckMemory(const ConversionOptions& options) {
  const int64_t needed = std::max(MinimumMemory(options.common.threads), options.verify ? MinimumJudgeMemory() : 0);
  if (options.common.memory >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("--memory=", options.common.memory, ": ", options.common.threads, " threads need ",
                                                   needed, " bytes of memory at least"));
}

// The names of the result's files but the manifest.
std::vector<std::string> NamesOf(const Plan& plan, const CheckpointLayout& layout, const ConversionOptions& options) {
  std::vector<std::string> names;
  for (const CheckpointLayout::Weights& weights : layout.weights) names.push_back(weights.name);
  if (layout.index.has_value()) names.push_back(layout.index->name);
  if (options.with_companions) {
    for (const Companion& companion : plan.companions) names.push_back(companion.name);
  }
  return names;
}

// The files of one result, from the plan to their names.
class Result {
 public:
  Result(const Plan& plan, CheckpointLayout layout, const ConversionOptions& options)
      : plan_(plan),
        layout_(std::move(layout)),
        options_(options),
        folder_(options.folder, options.overwrite),
        progress_(options.common.quiet) {}

  absl::StatusOr<bool> Make(std::ostream& out) {
    absl::Status status = CheckFolder();
    if (status.ok()) status = CheckMemory(options_);
    if (status.ok()) status = CreateFiles();
    if (status.ok()) status = WriteWeights();
    if (!status.ok()) return status;
    if (options_.verify) {
      ASSIGN_OR_RETURN(Manifest judgement, JudgeWritten());
      if (judgement.verdict() != Manifest::VERDICT_EXACT) {
        for (const std::string& finding : Findings(judgement)) out << Printable(finding) << "\n";
        out << "the result is not what the recipe says; nothing was published\n";
        return false;
      }
      if (status = WriteManifest(judgement); !status.ok()) return status;
    }
    if (status = Publish(); !status.ok()) return status;
    Report(out);
    return true;
  }

 private:
  // What must go from the folder when the result comes: other weights, which would make it hold two checkpoints, and next to an unverified
  // result an older manifest, which would speak of other weights.
  absl::StatusOr<std::vector<std::string>> FindObsolete() const {
    std::vector<std::string> obsolete;
    if (options_.file_name.empty()) obsolete = OtherWeights();
    if (!obsolete.empty() && !options_.overwrite) {
      return absl::AlreadyExistsError(
          absl::StrCat("writing to ", options_.folder, ": ", obsolete[0],
                       " belongs to another checkpoint; give another folder, or --overwrite, which removes it"));
    }
    if (!options_.verify && !options_.manifest_name.empty()) obsolete.push_back(options_.manifest_name);
    for (const std::string& name : obsolete) {
      RETURN_IF_ERROR(CheckIsNoSource(folder_.PathOf(name), plan_.sources));
    }
    return obsolete;
  }

  // Files of the folder that would stand beside the new weights as another checkpoint, or a part of one, in whatever format.
  std::vector<std::string> OtherWeights() const {
    const std::vector<std::string> written = NamesOf(plan_, layout_, options_);
    std::vector<std::string> others = ListStandardWeights(options_.folder);
    std::erase_if(others, [&](const std::string& name) { return std::find(written.begin(), written.end(), name) != written.end(); });
    return others;
  }

  absl::Status CheckFolder() const {
    std::vector<std::string> names = NamesOf(plan_, layout_, options_);
    if (!options_.manifest_name.empty()) names.push_back(options_.manifest_name);
    for (const std::string& name : names) {
      RETURN_IF_ERROR(CheckIsNoSource(folder_.PathOf(name), plan_.sources));
    }
    RETURN_IF_ERROR(folder_.CheckTargets(names));
    return FindObsolete().status();
  }

  absl::Status CreateFile(const std::string& name, int64_t size) {
    ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file, folder_.Create(name, size));
    files_.push_back(std::move(file));
    return absl::OkStatus();
  }

  // In the order in which they get their names, the index last, for without it there is no checkpoint. All before data moves, so that a
  // full disk is noticed at once.
  absl::Status CreateFiles() {
    RETURN_IF_ERROR(folder_.Prepare(NamesOf(plan_, layout_, options_).size() + 1));
    for (const CheckpointLayout::Weights& weights : layout_.weights) {
      RETURN_IF_ERROR(CreateFile(weights.name, weights.layout.size));
    }
    if (options_.with_companions) {
      for (const Companion& companion : plan_.companions) {
        RETURN_IF_ERROR(CreateCompanion(companion));
      }
    }
    if (!layout_.index.has_value()) return absl::OkStatus();
    RETURN_IF_ERROR(CreateFile(layout_.index->name, static_cast<int64_t>(layout_.index->bytes.size())));
    return files_.back()->WriteAt(0, layout_.index->bytes);
  }

  absl::Status CreateCompanion(const Companion& companion) {
    RETURN_IF_ERROR(CreateFile(companion.name, companion.bytes->size()));
    std::string buffer;
    for (int64_t offset = 0; offset < companion.bytes->size(); offset += static_cast<int64_t>(buffer.size())) {
      buffer.resize(std::min(kCopyBuffer, companion.bytes->size() - offset));
      absl::Status status = companion.bytes->ReadAt(offset, absl::MakeSpan(buffer));
      if (status.ok()) status = files_.back()->WriteAt(offset, buffer);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status WriteWeights() {
    std::vector<FileToWrite> files;
    int64_t bytes = 0;
    for (size_t i = 0; i < layout_.weights.size(); ++i) {
      const CheckpointLayout::Weights& weights = layout_.weights[i];
      files.push_back({.layout = &weights.layout, .first_output = weights.first_row, .file = files_[i].get()});
      bytes += weights.layout.size;
    }
    ExecuteOptions options{.threads = options_.common.threads,
                           .memory = options_.common.memory,
                           .on_progress = [this](int64_t written) { progress_.Add(written); },
                           .stop = options_.common.stop};
    progress_.Start("writing", bytes);
    absl::Status status = Execute(plan_, files, options);
    progress_.Finish();
    // Headers of hundreds of thousands of tensors take memory that judging needs.
    for (CheckpointLayout::Weights& weights : layout_.weights) weights.layout.literals.clear();
    return status;
  }

  absl::StatusOr<ByteSourcePtr> OpenWritten(const std::string& name) const {
    const std::string path = folder_.PathOf(name);
    for (const std::unique_ptr<OutputFile>& file : files_) {
      if (file->path() == path) return file->OpenForReading();
    }
    return absl::NotFoundError(absl::StrCat(path, " is not written"));
  }

  absl::StatusOr<Manifest> JudgeWritten() {
    const std::string main = layout_.index.has_value() ? layout_.index->name : layout_.weights.front().name;
    ASSIGN_OR_RETURN(ByteSourcePtr opened, OpenWritten(main));
    absl::StatusOr<Checkpoint> result = ReadModel(
        opened, [this](const std::string& name) { return OpenWritten(name); }, ReadLimits());
    if (absl::IsDataLoss(result.status()) || absl::IsUnimplemented(result.status())) {
      return absl::InternalError(absl::StrCat("what was written cannot be read: ", result.status().message()));
    }
    if (!result.ok()) return result.status();
    JudgeOptions options{.threads = options_.common.threads,
                         .memory = options_.common.memory,
                         .on_progress = [this](int64_t read) { progress_.Add(read); },
                         .stop = options_.common.stop};
    progress_.Start("verifying", JudgeBytes(plan_, *result));
    absl::StatusOr<Manifest> manifest = Judge(plan_, *result, options);
    progress_.Finish();
    return manifest;
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

  void Report(std::ostream& out) {
    for (const std::string& remark : options_.remarks) out << Printable(remark) << "\n";
    const absl::string_view done = options_.verify ? "verified: " : "written, not verified: ";
    for (const CheckpointLayout::Weights& weights : layout_.weights) {
      out << done << Printable(folder_.PathOf(weights.name)) << " (" << ReadableBytes(weights.layout.size) << ")\n";
    }
    if (layout_.index.has_value()) out << "index: " << Printable(folder_.PathOf(layout_.index->name)) << "\n";
    if (options_.verify && !options_.manifest_name.empty())
      out << "manifest: " << Printable(folder_.PathOf(options_.manifest_name)) << "\n";
    const auto is_tokenizer = [](const Companion& companion) { return companion.role == CheckpointFile::Role::kTokenizer; };
    const std::string& tokenizer = plan_.recipe.result().tokenizer_from();
    if (options_.with_companions && !tokenizer.empty() && std::none_of(plan_.companions.begin(), plan_.companions.end(), is_tokenizer)) {
      out << "no tokenizer was found beside " << tokenizer << ", so none is here\n";
    }
    if (!plan_.recipe.consumer_needs().empty()) {
      out << "from_pretrained still needs in that folder: " << Printable(absl::StrJoin(plan_.recipe.consumer_needs(), ", ")) << "\n";
    }
    if (const std::vector<std::string> others = OtherWeights(); IsStandardWeights(options_.file_name) && !others.empty()) {
      out << "remark: " << Printable(options_.folder) << " holds other weights too (" << Printable(others[0])
          << "), so a tool that is given the folder may ask which are meant\n";
    }
    out << AccountingLine(plan_, "written") << "\n";
  }

  const Plan& plan_;
  CheckpointLayout layout_;
  const ConversionOptions& options_;
  OutputFolder folder_;
  Progress progress_;
  std::vector<std::unique_ptr<OutputFile>> files_;
};

absl::StatusOr<CheckpointLayout> LayOut(const Plan& plan, const ConversionOptions& options) {
  if (options.max_shard_size.has_value() && *options.max_shard_size <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("--max_shard_size=", *options.max_shard_size, ": wanted is at least one byte"));
  }
  return LayOutCheckpoint(LayoutRows(plan), {.format = FormatOf(options),
                                             .max_shard_size = options.max_shard_size,
                                             .module_versions = plan.module_versions,
                                             .metadata = ResultMetadata(plan),
                                             .file_name = options.file_name});
}

}  // namespace

absl::StatusOr<bool> Convert(const Recipe& recipe, const std::vector<PlanSource>& sources, const ConversionOptions& options,
                             std::ostream& out) {
  ASSIGN_OR_RETURN(Plan plan, Compile(recipe, sources, {.parameters = options.parameters, .stop = options.common.stop}));
  if (options.with_companions) {
    RETURN_IF_ERROR(CheckCompanions(plan));
  }
  ASSIGN_OR_RETURN(CheckpointLayout layout, LayOut(plan, options));
  PrintRemarks(plan, FormatOf(options), out);
  if (!options.explain.empty()) {
    RETURN_IF_ERROR(Explain(plan, options.explain, out));
  }
  if (options.dry_run) {
    std::vector<std::string> paths = NamesOf(plan, layout, options);
    for (std::string& path : paths) path = (std::filesystem::path(options.folder) / path).string();
    DescribeResult(plan, layout, paths, out);
    out << "memory: " << ReadableBytes(options.common.memory) << " of buffers on " << options.common.threads << " threads\n"
        << AccountingLine(plan, "would be written") << "\n";
    return true;
  }
  if (options.folder.empty()) return true;
  return Result(plan, std::move(layout), options).Make(out);
}

}  // namespace weighbridge
