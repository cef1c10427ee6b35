#include "tools/verify.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "convert/audited_output.h"
#include "convert/recipes_of_manifest.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "re2/re2.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"
#include "tools/progress.h"
#include "tools/sources.h"
#include "tools/tool.h"
#include "tools/verify_answer.h"
#include "tools/verify_exports.h"
#include "verify/audit/audit.h"
#include "verify/compare/tolerance.h"
#include "verify/judge.h"
#include "verify/manifest/manifest.h"
#include "verify/manifest/manifest_json.h"

namespace weighbridge {
namespace {

constexpr int64_t kMostManifestBytes = int64_t{1} << 30;

// What is judged by which recipe.
struct JudgeRequest {
  std::string merged;
  Recipe recipe;
  std::map<std::string, Recipe> makers = {};  // As OpenSources has them.
  bool plan_tolerances = true;
};

// A judgement, or why what was to be judged cannot be read.
struct Judged {
  std::optional<Manifest> manifest;
  std::string damage;
};

class Verifier {
 public:
  explicit Verifier(const VerifyOptions& options) : options_(options), progress_(options.common.quiet) {}

  absl::StatusOr<bool> Run(std::ostream& out) {
    RETURN_IF_ERROR(CheckOptions());
    RETURN_IF_ERROR(CheckExports(options_.exports, {options_.merged, options_.manifest, options_.recipe}));
    return options_.manifest.empty() ? RunJudge(out) : RunAudit(out);
  }

 private:
  absl::Status CheckOptions() const {
    if (absl::StatusOr<Tolerance> tolerance = ParseTolerance(options_.tolerance); !tolerance.ok()) return tolerance.status();
    if (const RE2 match(options_.match, RE2::Quiet); !match.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--match=", options_.match, ": ", match.error()));
    }
    if (!options_.match.empty() && (!options_.manifest.empty() || !options_.exports.Paths().empty())) {
      return absl::InvalidArgumentError("--match judges some tensors only, of which no manifest can be written or asked");
    }
    if (options_.content && options_.manifest.empty()) return absl::InvalidArgumentError("--content needs --manifest=FILE");
    return absl::OkStatus();
  }

  absl::StatusOr<bool> RunJudge(std::ostream& out) {
    ASSIGN_OR_RETURN(Recipe recipe, LoadRecipe(options_.recipe));
    ASSIGN_OR_RETURN(Judged judged, JudgeBySources({.merged = options_.merged, .recipe = recipe}));
    if (!judged.manifest.has_value()) {
      RETURN_IF_ERROR(RemoveExports(options_.exports));
      PrintAnswer({.summary = absl::StrCat("damaged: ", judged.damage)}, options_.json, out);
      return false;
    }
    const Manifest& manifest = *judged.manifest;
    const bool accepted = IsAccepted(manifest);
    RETURN_IF_ERROR(WriteExports(options_.exports, manifest, {.is_yes = accepted}));
    if (options_.json) {
      out << ManifestToJson(manifest);
    } else {
      PrintAnswer({.accepted = accepted, .findings = Findings(manifest), .summary = Summary(manifest)}, false, out);
    }
    return accepted;
  }

  absl::StatusOr<bool> RunAudit(std::ostream& out) {
    ASSIGN_OR_RETURN(std::string bytes, ReadManifest());
    ASSIGN_OR_RETURN(Manifest manifest, ParseManifest(bytes), AboutManifest(_));
    VerifyAnswer answer;
    answer.remarks = NamesakesOfEmbedded(manifest);
    RETURN_IF_ERROR(SetQuestion());
    ASSIGN_OR_RETURN(answer.findings, AuditManifest(manifest, bytes, question_), AboutManifest(_));
    RETURN_IF_ERROR(CheckRecipe(manifest, answer));
    RETURN_IF_ERROR(AuditOutput(manifest, answer));

    answer.accepted = answer.findings.empty();
    const bool is_judged = answer.judgement.has_value();
    RETURN_IF_ERROR(WriteExports(options_.exports, is_judged ? *answer.judgement : manifest,
                                 {.is_yes = answer.accepted, .is_judged_now = is_judged, .reasons = answer.findings}));
    answer.summary = SummaryOfAudit(manifest, answer);
    PrintAnswer(answer, options_.json, out);
    return answer.accepted;
  }

  absl::Status SetQuestion() {
    question_ = {.tolerance = options_.tolerance, .recipe_tolerances = {}, .content_only = options_.content};
    if (options_.recipe.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(Recipe recipe, LoadRecipe(options_.recipe));
    ASSIGN_OR_RETURN(const Recipe applied, Applied(recipe, {.parameters = options_.parameters}));
    question_.recipe_tolerances = TolerancesOf(applied);
    return absl::OkStatus();
  }

  // Of what was not found to be so nothing is repeated.
  std::string SummaryOfAudit(const Manifest& manifest, const VerifyAnswer& answer) const {
    std::string summary =
        absl::StrCat(answer.accepted ? "as the manifest says: " : "not as the manifest says: ", manifest.output().files_size(), " files, ",
                     manifest.output().tensors_size(), " tensors");
    if (answer.judgement.has_value()) {
      absl::StrAppend(&summary, "; judged again: ", Summary(*answer.judgement));
    } else if (answer.accepted) {
      absl::StrAppend(&summary, "; the manifest says of them: ", Summary(manifest));
    }
    return summary;
  }

  // Where the auditor has a recipe, the manifest's is that one; where he has none, parameters can only be those of the manifest's.
  absl::Status CheckRecipe(const Manifest& manifest, VerifyAnswer& answer) const {
    if (options_.recipe.empty() && !answer.findings.empty()) return absl::OkStatus();
    if (options_.recipe.empty()) return CheckParameters(options_.parameters, RecipesOf(manifest));
    ASSIGN_OR_RETURN(Recipe recipe, LoadRecipe(options_.recipe));
    ASSIGN_OR_RETURN(std::vector<std::string> others, CompareRecipes(manifest, recipe, {.parameters = options_.parameters}));
    answer.findings.insert(answer.findings.end(), others.begin(), others.end());
    return absl::OkStatus();
  }

  // Of a manifest that cannot be believed no file is read for what it says; the sources are asked all the same, and what cannot be asked
  // any more leaves the answer as it is.
  absl::Status AuditOutput(const Manifest& manifest, VerifyAnswer& answer) {
    const bool is_believed = answer.findings.empty();
    absl::StatusOr<std::string> path =
        options_.content ? AuditTensors(manifest, is_believed, answer) : AuditBytesOf(manifest, is_believed, answer);
    if (!path.ok() && is_believed) return path.status();
    if (!path.ok() || options_.sources.empty()) return absl::OkStatus();
    absl::Status status = JudgeAgain(manifest, path->empty() ? options_.merged : *path, answer);
    if (status.ok() || answer.findings.empty() || absl::IsCancelled(status)) return status;
    answer.findings.push_back(absl::StrCat("it cannot be judged again: ", status.message()));
    return absl::OkStatus();
  }

  // Asks the sources once more: does the comparison give what the manifest says?
  absl::Status JudgeAgain(const Manifest& manifest, const std::string& path, VerifyAnswer& answer) {
    const bool is_own = !options_.recipe.empty();
    ASSIGN_OR_RETURN(Recipe recipe, is_own ? LoadRecipe(options_.recipe) : ParseRecipe(manifest.recipe().textproto(), options_.manifest));
    JudgeRequest request{.merged = path, .recipe = std::move(recipe), .makers = {}, .plan_tolerances = is_own};
    for (const SourceRecipe& made : manifest.made_sources()) {
      if (is_own) break;
      ASSIGN_OR_RETURN(Recipe maker, ParseRecipe(made.recipe().textproto(), options_.manifest));
      request.makers.emplace(made.id(), std::move(maker));
    }
    ASSIGN_OR_RETURN(Judged judged, JudgeBySources(request));
    if (!judged.manifest.has_value()) {
      answer.findings.push_back(absl::StrCat("damaged: ", judged.damage));
      return absl::OkStatus();
    }
    for (const std::string& finding : CompareJudgements(manifest, *judged.manifest, question_)) answer.findings.push_back(finding);
    if (!IsAccepted(*judged.manifest)) {
      for (const std::string& finding : Findings(*judged.manifest)) answer.findings.push_back(finding);
    }
    answer.judgement = *std::move(judged.manifest);
    return absl::OkStatus();
  }

  absl::StatusOr<Judged> JudgeBySources(const JudgeRequest& request) {
    const CompileOptions compile{.parameters = options_.parameters, .stop = options_.common.stop};
    ASSIGN_OR_RETURN(std::vector<PlanSource> sources, OpenSources(request.recipe, options_.sources, compile, request.makers));
    ASSIGN_OR_RETURN(Plan plan, Compile(request.recipe, sources, compile));
    absl::StatusOr<Checkpoint> merged = OpenCheckpoint(request.merged);
    if (absl::IsDataLoss(merged.status())) return Judged{.manifest = std::nullopt, .damage = std::string(merged.status().message())};
    if (!merged.ok()) return merged.status();
    for (const std::string& path : options_.exports.Paths()) {
      absl::Status status = CheckIsNoSource(path, plan.sources);
      if (status.ok()) status = CheckIsNotRead(path, "the merged checkpoint", *merged);
      if (!status.ok()) return status;
    }
    return JudgeMerged(plan, *merged, request.plan_tolerances);
  }

  absl::StatusOr<Judged> JudgeMerged(const Plan& plan, const Checkpoint& merged, bool plan_tolerances) {
    JudgeOptions options{.threads = options_.common.threads,
                         .memory = options_.common.memory,
                         .tolerance = options_.tolerance,
                         .plan_tolerances = plan_tolerances,
                         .on_progress = [this](int64_t bytes) { progress_.Add(bytes); },
                         .stop = options_.common.stop};
    if (!options_.match.empty()) {
      options.match = [match = std::make_shared<RE2>(options_.match, RE2::Quiet)](absl::string_view name) {
        return RE2::PartialMatch(re2::StringPiece(name.data(), name.size()), *match);
      };
    }
    progress_.Start("verifying", JudgeBytes(plan, merged, options));
    absl::StatusOr<Manifest> manifest = Judge(plan, merged, options);
    progress_.Finish();
    if (absl::IsDataLoss(manifest.status()) && ConcernsMerged(manifest.status())) {
      return Judged{.manifest = std::nullopt, .damage = std::string(manifest.status().message())};
    }
    if (manifest.ok() && manifest->output().tensors().empty()) {
      return absl::InvalidArgumentError("there is nothing to judge: the recipe makes no tensor, and the file holds none");
    }
    if (manifest.ok()) return Judged{.manifest = *std::move(manifest), .damage = ""};
    if (options_.match.empty() || !absl::IsInvalidArgument(manifest.status())) return manifest.status();
    return absl::InvalidArgumentError(absl::StrCat("--match=", options_.match, ": ", manifest.status().message()));
  }

  absl::StatusOr<std::string> ReadManifest() const {
    ASSIGN_OR_RETURN(ByteSourcePtr file, OpenFile(options_.manifest));
    return ReadAll(*file, kMostManifestBytes);
  }

  absl::Status AboutManifest(const absl::Status& status) const { return Annotate(status, absl::StrCat("reading ", options_.manifest)); }

  AuditOptions GetAuditOptions() {
    return {
        .threads = options_.common.threads, .on_progress = [this](int64_t bytes) { progress_.Add(bytes); }, .stop = options_.common.stop};
  }

  // Both return the path of the file that stands for the output's checkpoint, empty where the manifest has none.
  absl::StatusOr<std::string> AuditBytesOf(const Manifest& manifest, bool is_believed, VerifyAnswer& answer) {
    ASSIGN_OR_RETURN(AuditedOutput output, OpenAuditedOutput(manifest, options_.merged));
    for (const std::string& path : options_.exports.Paths()) {
      RETURN_IF_ERROR(CheckIsNotAudited(path, output));
    }
    if (!is_believed) return output.path;
    progress_.Start("auditing", AuditBytes(manifest, output.files));
    absl::StatusOr<std::vector<std::string>> findings = AuditFiles(manifest, output.files, GetAuditOptions());
    progress_.Finish();
    if (!findings.ok()) return findings.status();
    for (const std::vector<std::string>& found : {output.findings, *findings}) {
      answer.findings.insert(answer.findings.end(), found.begin(), found.end());
    }
    if (answer.findings.empty() && options_.sources.empty() && !output.path.empty()) {
      RETURN_IF_ERROR(AuditTableOf(manifest, output.path, answer));
    }
    return output.path;
  }

  // The bytes are those that the manifest speaks of; do they say what it says? Who gives sources learns more by the new judgement.
  absl::Status AuditTableOf(const Manifest& manifest, const std::string& path, VerifyAnswer& answer) {
    ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(path));
    AuditOptions options = GetAuditOptions();
    options.on_progress = nullptr;  // Few bytes, if any.
    ASSIGN_OR_RETURN(std::vector<std::string> findings, AuditTable(manifest, checkpoint, options));
    answer.findings.insert(answer.findings.end(), findings.begin(), findings.end());
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> AuditTensors(const Manifest& manifest, bool is_believed, VerifyAnswer& answer) {
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(options_.merged);
    if (absl::IsDataLoss(checkpoint.status())) {
      answer.findings.push_back(absl::StrCat("damaged: ", checkpoint.status().message()));
      return options_.merged;
    }
    if (!checkpoint.ok()) return checkpoint.status();
    for (const std::string& path : options_.exports.Paths()) {
      RETURN_IF_ERROR(CheckIsNotRead(path, "the merged checkpoint", *checkpoint));
    }
    if (!is_believed) return options_.merged;
    int64_t bytes = 0;
    for (const CheckpointTensor& tensor : checkpoint->tensors()) bytes += tensor.tensor.byte_size();
    progress_.Start("auditing", bytes);
    absl::StatusOr<std::vector<std::string>> findings = AuditContent(manifest, *checkpoint, GetAuditOptions());
    progress_.Finish();
    if (!findings.ok()) return findings.status();
    answer.findings.insert(answer.findings.end(), findings->begin(), findings->end());
    return options_.merged;
  }

  const VerifyOptions& options_;
  AuditQuestion question_;  // Of an audit.
  Progress progress_;
};

}  // namespace

absl::StatusOr<bool> Verify(const VerifyOptions& options, std::ostream& out) {
  return Verifier(options).Run(out);
}

}  // namespace weighbridge
