#include "tools/merge.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/output_file.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/paddle/paddle_layout.h"
#include "formats/paddle/read_paddle.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "plan/compile.h"
#include "plan/execute.h"
#include "plan/plan.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "re2/re2.h"
#include "recipes/recipes.h"
#include "tools/byte_count.h"
#include "tools/output_folder.h"
#include "tools/printable.h"
#include "tools/progress.h"
#include "tools/sources.h"
#include "tools/tool.h"
#include "verify/judge.h"
#include "verify/manifest.h"

namespace weighbridge {
namespace {

constexpr absl::string_view kWeightsName = "model_state.pdparams";
constexpr absl::string_view kManifestName = "manifest.binpb";

// The plan's outputs as a container wants them.
std::vector<LayoutRow> Rows(const Plan& plan) {
  std::vector<LayoutRow> rows;
  rows.reserve(plan.outputs.size());
  for (const PlannedTensor& output : plan.outputs) {
    rows.push_back({.name = output.name, .spec = output.expr->spec(), .tensor_name = output.tensor_name});
  }
  return rows;
}

int64_t PayloadBytes(const Layout& layout) {
  int64_t bytes = 0;
  for (const Layout::Slot& slot : layout.slots) bytes += slot.size;
  return bytes;
}

absl::Status Explain(const Plan& plan, const std::string& pattern, std::ostream& out) {
  const RE2 name(pattern, RE2::Quiet);
  if (!name.ok()) return absl::InvalidArgumentError(absl::StrCat("--explain=", pattern, ": ", name.error()));
  for (const PlannedTensor& output : plan.outputs) {
    if (!RE2::PartialMatch(output.name, name)) continue;
    out << Printable(absl::StrCat(output.name, " ", ToString(output.expr->spec()), " = ", ToString(*output.expr))) << "\n";
  }
  return absl::OkStatus();
}

void PrintDropped(const Plan& plan, std::ostream& out) {
  for (const DroppedTensor& dropped : plan.dropped) {
    out << "dropped: " << dropped.source << "/" << Printable(dropped.name) << " " << ToString(dropped.spec) << ": " << dropped.reason
        << "\n";
  }
}

void PrintDryRun(const Plan& plan, const Layout& layout, const MergeOptions& options, std::ostream& out) {
  std::map<std::string, int64_t> dtypes;
  for (const PlannedTensor& output : plan.outputs) ++dtypes[std::string(DTypeName(output.expr->spec().dtype))];
  PrintDropped(plan, out);
  out << "would write: " << (std::filesystem::path(options.save_path) / std::string(kWeightsName)).string() << "\n"
      << "tensors: " << plan.outputs.size() << " ("
      << absl::StrJoin(dtypes, ", ", [](std::string* text, const auto& dtype) { absl::StrAppend(text, dtype.second, " ", dtype.first); })
      << ")\n"
      << "bytes: " << PayloadBytes(layout) << " of tensors, " << layout.size << " on disk (" << ReadableBytes(layout.size) << ")\n"
      << "memory: " << ReadableBytes(options.common.memory) << " of buffers on " << options.common.threads << " threads\n";
}

std::string AccountingLine(const Plan& plan, absl::string_view written) {
  const auto dropped = static_cast<int64_t>(plan.dropped.size());
  const int64_t all = plan.used + dropped;
  return absl::StrCat(plan.outputs.size(), " of ", plan.outputs.size(), " tensors ", written, ", ", all, " of ", all,
                      " source tensors accounted for (", plan.used, " used, ", dropped, " dropped by rule)");
}

// What a consumer's from_pretrained wants in the folder beside the weights, and what of it is not there.
void PrintConsumerNeeds(const Recipe& recipe, std::ostream& out) {
  if (recipe.consumer_needs().empty()) return;
  out << "from_pretrained still needs in that folder: " << absl::StrJoin(recipe.consumer_needs(), ", ") << "\n";
}

// Both steps are asked before the first begins.
absl::Status CheckMemory(const MergeOptions& options) {
  const int64_t needed = std::max(MinimumMemory(options.common.threads), options.verify ? MinimumJudgeMemory() : 0);
  if (options.common.memory >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("--memory=", options.common.memory, ": ", options.common.threads, " threads need ",
                                                   needed, " bytes of memory at least"));
}

class Merger {
 public:
  Merger(const MergeOptions& options, const Recipe& recipe, const Plan& plan, const Layout& layout)
      : options_(options), recipe_(recipe), plan_(plan), layout_(layout), folder_(options.save_path), progress_(options.common.quiet) {}

  absl::StatusOr<bool> Run(std::ostream& out) {
    for (const absl::string_view name : {kWeightsName, kManifestName}) {
      if (absl::Status status = CheckIsNoSource(folder_.PathOf(name), plan_.sources); !status.ok()) return status;
      if (absl::Status status = OutputFile::CheckTarget(folder_.PathOf(name), options_.overwrite); !status.ok()) return status;
    }
    if (absl::Status status = CheckMemory(options_); !status.ok()) return status;
    if (absl::Status status = folder_.Make(); !status.ok()) return status;
    absl::StatusOr<std::unique_ptr<OutputFile>> weights =
        OutputFile::Create(folder_.PathOf(kWeightsName), layout_.size, options_.overwrite);
    if (!weights.ok()) return weights.status();
    if (absl::Status status = Write(**weights); !status.ok()) return status;
    std::unique_ptr<OutputFile> manifest;
    if (options_.verify) {
      absl::StatusOr<Manifest> judgement = JudgeWritten(**weights);
      if (!judgement.ok()) return judgement.status();
      if (judgement->verdict() != Manifest::VERDICT_EXACT) {
        for (const std::string& finding : Findings(*judgement)) out << Printable(finding) << "\n";
        out << "the result is not what the recipe says; nothing was published\n";
        return false;
      }
      absl::StatusOr<std::unique_ptr<OutputFile>> written = WriteManifest(*judgement);
      if (!written.ok()) return written.status();
      manifest = *std::move(written);
    }
    if (absl::Status status = Publish(manifest.get(), **weights); !status.ok()) return status;
    Report(out);
    return true;
  }

 private:
  absl::Status Write(OutputFile& file) {
    ExecuteOptions options{.threads = options_.common.threads,
                           .memory = options_.common.memory,
                           .on_progress = [this](int64_t bytes) { progress_.Add(bytes); },
                           .stop = options_.common.stop};
    progress_.Start("merging", layout_.size);
    absl::Status status = Execute(plan_, {{.layout = &layout_, .file = &file}}, options);
    progress_.Finish();
    return status;
  }

  absl::StatusOr<Manifest> JudgeWritten(const OutputFile& file) {
    absl::StatusOr<ByteSourcePtr> bytes = file.OpenForReading();
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<Checkpoint> merged = ReadPaddle(*bytes, ReadLimits());
    if (!merged.ok()) return absl::InternalError(absl::StrCat("what was written cannot be read: ", merged.status().message()));
    merged->path = file.path();
    merged->files = {{.role = CheckpointFile::Role::kWeights, .path = file.path(), .bytes = *bytes}};
    JudgeOptions options{.threads = options_.common.threads,
                         .memory = options_.common.memory,
                         .on_progress = [this](int64_t read) { progress_.Add(read); },
                         .stop = options_.common.stop};
    progress_.Start("verifying", JudgeBytes(plan_, *merged));
    absl::StatusOr<Manifest> manifest = Judge(plan_, *merged, options);
    progress_.Finish();
    return manifest;
  }

  absl::StatusOr<std::unique_ptr<OutputFile>> WriteManifest(const Manifest& manifest) {
    const std::string bytes = SerializeManifest(manifest);
    absl::StatusOr<std::unique_ptr<OutputFile>> file =
        OutputFile::Create(folder_.PathOf(kManifestName), static_cast<int64_t>(bytes.size()), options_.overwrite);
    if (!file.ok()) return file.status();
    if (absl::Status status = (*file)->WriteAt(0, bytes); !status.ok()) return status;
    return file;
  }

  // The manifest first: a model without its manifest is never there. An older manifest is put aside, and back again should naming fail;
  // next to an unverified result it would speak of other weights.
  absl::Status Publish(OutputFile* manifest, OutputFile& weights) {
    const std::string manifest_path = folder_.PathOf(kManifestName);
    const std::string aside = folder_.PathOf(absl::StrCat(".", kManifestName, ".previous"));
    std::error_code none_before;
    std::filesystem::rename(manifest_path, aside, none_before);
    absl::Status status = manifest == nullptr ? absl::OkStatus() : manifest->Commit();
    const bool named = manifest != nullptr && status.ok();
    if (status.ok()) status = weights.Commit();
    std::error_code ignored;
    if (status.ok()) {
      std::filesystem::remove(aside, ignored);
      folder_.Keep();
    } else if (!none_before) {
      std::filesystem::rename(aside, manifest_path, ignored);
    } else if (named) {
      std::filesystem::remove(manifest_path, ignored);
    }
    return status;
  }

  void Report(std::ostream& out) {
    out << (options_.verify ? "verified: " : "written, not verified: ") << folder_.PathOf(kWeightsName) << " ("
        << ReadableBytes(layout_.size) << ")\n";
    if (options_.verify) out << "manifest: " << folder_.PathOf(kManifestName) << "\n";
    PrintConsumerNeeds(recipe_, out);
    out << AccountingLine(plan_, "written") << "\n";
  }

  const MergeOptions& options_;
  const Recipe& recipe_;
  const Plan& plan_;
  const Layout& layout_;
  OutputFolder folder_;
  Progress progress_;
};

}  // namespace

absl::StatusOr<bool> Merge(const MergeOptions& options, std::ostream& out) {
  absl::StatusOr<Recipe> recipe = LoadRecipe(options.recipe);
  if (!recipe.ok()) return recipe.status();
  absl::StatusOr<std::vector<PlanSource>> sources = OpenSources(*recipe, options.sources);
  if (!sources.ok()) return sources.status();
  absl::StatusOr<Plan> plan = Compile(*recipe, *std::move(sources));
  if (!plan.ok()) return plan.status();
  absl::StatusOr<Layout> layout = PaddleLayout(Rows(*plan));
  if (!layout.ok()) return layout.status();
  if (!options.explain.empty()) {
    if (absl::Status status = Explain(*plan, options.explain, out); !status.ok()) return status;
  }
  if (options.dry_run) {
    PrintDryRun(*plan, *layout, options, out);
    out << AccountingLine(*plan, "would be written") << "\n";
    return true;
  }
  if (options.save_path.empty()) {
    if (!options.explain.empty()) return true;
    return absl::InvalidArgumentError("--save_path=DIR is missing: the folder for the result");
  }
  return Merger(options, *recipe, *plan, *layout).Run(out);
}

}  // namespace weighbridge
