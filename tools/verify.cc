#include "tools/verify.h"

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "convert/audit_checkpoint.h"
#include "convert/judge_checkpoint.h"
#include "convert/open_sources.h"
#include "convert/resources.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "recipes/recipes.h"
#include "tools/fetch_environment.h"
#include "tools/progress.h"
#include "tools/verify_answer.h"
#include "tools/verify_exports.h"
#include "verify/compare/tolerance.h"
#include "verify/manifest/manifest.h"
#include "verify/manifest/manifest_json.h"

namespace weighbridge {
namespace {

absl::Status CheckOptions(const VerifyOptions& options) {
  if (absl::StatusOr<Tolerance> tolerance = ParseTolerance(options.tolerance); !tolerance.ok()) return tolerance.status();
  if (!options.match.empty() && (!options.manifest.empty() || !options.exports.Paths().empty())) {
    return absl::InvalidArgumentError("--match judges some tensors only, of which no manifest can be written or asked");
  }
  if (options.content && options.manifest.empty()) return absl::InvalidArgumentError("--content needs --manifest=FILE");
  std::vector<std::string> read = {options.merged, options.manifest, options.recipe};
  for (const auto& [id, path] : options.sources) read.push_back(path);
  return CheckExports(options.exports, read);
}

SourceOptions SourcesOf(const VerifyOptions& options) {
  return {.paths = options.sources,
          .receipts = ReceiptsFolder(),
          .compile = {.parameters = options.parameters, .stop = options.common.resources.stop}};
}

absl::StatusOr<bool> RunJudge(const VerifyOptions& options, const Resources& resources, std::ostream& out) {
  ASSIGN_OR_RETURN(Recipe recipe, LoadRecipe(options.recipe));
  ASSIGN_OR_RETURN(const CheckpointJudgement judgement, JudgeCheckpoint({.checkpoint = options.merged,
                                                                         .recipe = std::move(recipe),
                                                                         .sources = SourcesOf(options),
                                                                         .tolerance = options.tolerance,
                                                                         .match = options.match,
                                                                         .will_be_written = options.exports.Paths(),
                                                                         .resources = resources}));
  if (!judgement.manifest.has_value()) {
    RETURN_IF_ERROR(RemoveExports(options.exports));
    PrintAnswer({.summary = absl::StrCat("damaged: ", judgement.damage)}, options.json, out);
    return false;
  }
  const Manifest& manifest = *judgement.manifest;
  const bool accepted = IsAccepted(manifest);
  RETURN_IF_ERROR(WriteExports(options.exports, manifest, {.is_yes = accepted}));
  if (options.json) {
    out << ManifestToJson(manifest);
  } else {
    PrintAnswer({.accepted = accepted, .findings = Findings(manifest), .summary = Summary(manifest)}, false, out);
  }
  return accepted;
}

// Of what was not found to be so nothing is repeated.
std::string SummaryOfAudit(const AuditAnswer& answer) {
  const bool accepted = answer.findings.empty();
  const Output& output = answer.manifest.output();
  std::string summary = absl::StrCat(accepted ? "as the manifest says: " : "not as the manifest says: ", output.files_size(), " files, ",
                                     output.tensors_size(), " tensors");
  if (answer.judgement.has_value()) {
    absl::StrAppend(&summary, "; judged again: ", Summary(*answer.judgement));
  } else if (accepted) {
    absl::StrAppend(&summary, "; the manifest says of them: ", Summary(answer.manifest));
  }
  return summary;
}

absl::StatusOr<bool> RunAudit(const VerifyOptions& options, const Resources& resources, std::ostream& out) {
  ASSIGN_OR_RETURN(AuditAnswer answer, AuditCheckpoint({.manifest = options.manifest,
                                                        .checkpoint = options.merged,
                                                        .recipe = options.recipe,
                                                        .content_only = options.content,
                                                        .tolerance = options.tolerance,
                                                        .sources = SourcesOf(options),
                                                        .will_be_written = options.exports.Paths(),
                                                        .resources = resources}));
  const bool accepted = answer.findings.empty();
  const bool is_judged = answer.judgement.has_value();
  RETURN_IF_ERROR(WriteExports(options.exports, is_judged ? *answer.judgement : answer.manifest,
                               {.is_yes = accepted, .is_judged_now = is_judged, .reasons = answer.findings}));
  const std::string summary = SummaryOfAudit(answer);
  PrintAnswer({.accepted = accepted,
               .findings = std::move(answer.findings),
               .remarks = std::move(answer.remarks),
               .summary = summary,
               .judgement = std::move(answer.judgement)},
              options.json, out);
  return accepted;
}

}  // namespace

absl::StatusOr<bool> Verify(const VerifyOptions& options, std::ostream& out) {
  RETURN_IF_ERROR(CheckOptions(options));
  Progress progress(options.common.quiet);
  Resources resources = options.common.resources;
  resources.progress = &progress;
  return options.manifest.empty() ? RunJudge(options, resources, out) : RunAudit(options, resources, out);
}

}  // namespace weighbridge
