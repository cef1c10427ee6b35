#include "tools/verify.h"

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "formats/bytes/output_file.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "plan/compile.h"
#include "plan/plan.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "recipes/recipes.h"
#include "tools/printable.h"
#include "tools/progress.h"
#include "tools/sources.h"
#include "tools/tool.h"
#include "verify/judge.h"
#include "verify/manifest.h"

namespace weighbridge {
namespace {

absl::StatusOr<Manifest> JudgeMerged(const Plan& plan, const Checkpoint& merged, const CommonOptions& common) {
  Progress progress(common.quiet);
  const JudgeOptions options{
      .threads = common.threads, .memory = common.memory, .on_progress = [&](int64_t bytes) { progress.Add(bytes); }, .stop = common.stop};
  progress.Start("verifying", JudgeBytes(plan, merged));
  absl::StatusOr<Manifest> manifest = Judge(plan, merged, options);
  progress.Finish();
  return manifest;
}

absl::Status PublishManifest(const Manifest& manifest, OutputFile& file) {
  absl::Status status = file.WriteAt(0, SerializeManifest(manifest));
  return status.ok() ? file.Commit() : status;
}

}  // namespace

absl::StatusOr<bool> Verify(const VerifyOptions& options, std::ostream& out) {
  absl::StatusOr<Recipe> recipe = LoadRecipe(options.recipe);
  if (!recipe.ok()) return recipe.status();
  absl::StatusOr<std::vector<PlanSource>> sources = OpenSources(*recipe, options.sources);
  if (!sources.ok()) return sources.status();
  absl::StatusOr<Plan> plan = Compile(*recipe, *std::move(sources));
  if (!plan.ok()) return plan.status();
  absl::StatusOr<Checkpoint> merged = OpenCheckpoint(options.merged);
  if (absl::IsDataLoss(merged.status())) {
    out << "damaged: " << Printable(merged.status().message()) << "\n";
    return false;
  }
  if (!merged.ok()) return merged.status();
  if (!options.manifest_out.empty()) {
    absl::Status status = CheckIsNoSource(options.manifest_out, plan->sources);
    if (status.ok()) status = CheckIsNotRead(options.manifest_out, "the merged checkpoint", *merged);
    if (status.ok()) status = OutputFile::CheckTarget(options.manifest_out, options.overwrite);
    if (!status.ok()) return status;
  }
  absl::StatusOr<Manifest> manifest = JudgeMerged(*plan, *merged, options.common);
  if (absl::IsDataLoss(manifest.status()) && ConcernsMerged(manifest.status())) {
    out << "damaged: " << Printable(manifest.status().message()) << "\n";
    return false;
  }
  if (!manifest.ok()) return manifest.status();
  if (!options.manifest_out.empty()) {
    const auto size = static_cast<int64_t>(SerializeManifest(*manifest).size());
    absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Create(options.manifest_out, size, options.overwrite);
    absl::Status status = file.ok() ? PublishManifest(*manifest, **file) : file.status();
    if (!status.ok()) return status;
  }
  for (const std::string& finding : Findings(*manifest)) out << Printable(finding) << "\n";
  out << Summary(*manifest) << "\n";
  return manifest->verdict() == Manifest::VERDICT_EXACT;
}

}  // namespace weighbridge
