#include "convert/audit_checkpoint.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "convert/audited_output.h"
#include "convert/check_not_read.h"
#include "convert/judge_checkpoint.h"
#include "convert/recipes_of_manifest.h"
#include "convert/resources.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"
#include "verify/audit/audit.h"
#include "verify/manifest/manifest.h"

namespace weighbridge {
namespace {

constexpr int64_t kMostManifestBytes = int64_t{1} << 30;

class Auditor {
 public:
  explicit Auditor(const AuditRequest& request) : request_(request) {}

  absl::StatusOr<AuditAnswer> Run() {
    ASSIGN_OR_RETURN(const ByteSourcePtr file, OpenFile(request_.manifest));
    ASSIGN_OR_RETURN(const std::string bytes, ReadAll(*file, kMostManifestBytes));
    ASSIGN_OR_RETURN(answer_.manifest, ParseManifest(bytes), AboutManifest(_));
    answer_.remarks = NamesakesOfEmbedded(answer_.manifest);
    question_ = {.tolerance = request_.tolerance, .recipe_tolerances = {}, .content_only = request_.content_only};
    if (!request_.recipe.empty()) {
      ASSIGN_OR_RETURN(recipe_, LoadRecipe(request_.recipe));
      ASSIGN_OR_RETURN(const Recipe applied, Applied(*recipe_, request_.sources.compile));
      question_.recipe_tolerances = TolerancesOf(applied);
    }
    ASSIGN_OR_RETURN(answer_.findings, AuditManifest(answer_.manifest, bytes, question_), AboutManifest(_));
    RETURN_IF_ERROR(CheckRecipe());
    RETURN_IF_ERROR(AuditOutput());
    return std::move(answer_);
  }

 private:
  // Where the auditor has a recipe, the manifest's is that one; where he has none, parameters can only be those of the manifest's.
  absl::Status CheckRecipe() {
    if (!recipe_.has_value()) {
      return answer_.findings.empty() ? CheckParameters(request_.sources.compile.parameters, RecipesOf(answer_.manifest))
                                      : absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> others, CompareRecipes(answer_.manifest, *recipe_, request_.sources.compile));
    Add(others);
    return absl::OkStatus();
  }

  absl::Status AboutManifest(const absl::Status& status) const { return Annotate(status, absl::StrCat("reading ", request_.manifest)); }

  void Add(const std::vector<std::string>& findings) { answer_.findings.insert(answer_.findings.end(), findings.begin(), findings.end()); }

  // What cannot be asked any more leaves an answer that is no as it is.
  absl::Status AuditOutput() {
    const bool is_believed = answer_.findings.empty();
    absl::StatusOr<std::string> path = request_.content_only ? AuditTensors(is_believed) : AuditBytesOf(is_believed);
    if (!path.ok() && (is_believed || IsWouldOverwrite(path.status()))) return path.status();
    if (!path.ok() || request_.sources.paths.empty()) return absl::OkStatus();
    absl::Status status = JudgeAgain(path->empty() ? request_.checkpoint : *path);
    if (status.ok() || answer_.findings.empty() || absl::IsCancelled(status) || IsWouldOverwrite(status)) return status;
    answer_.findings.push_back(absl::StrCat("it cannot be judged again: ", status.message()));
    return absl::OkStatus();
  }

  // The question of JudgeAgain: by the auditor's recipe, else by the manifest's.
  absl::StatusOr<JudgeRequest> QuestionToSources(const std::string& path) const {
    JudgeRequest request{.checkpoint = path,
                         .recipe = {},
                         .sources = request_.sources,
                         .tolerance = request_.tolerance,
                         .plan_tolerances = recipe_.has_value(),
                         .will_be_written = request_.will_be_written,
                         .resources = request_.resources};
    if (recipe_.has_value()) {
      request.recipe = *recipe_;
      return request;
    }
    ASSIGN_OR_RETURN(request.recipe, ParseRecipe(answer_.manifest.recipe().textproto(), request_.manifest));
    for (const SourceRecipe& made : answer_.manifest.made_sources()) {
      ASSIGN_OR_RETURN(Recipe maker, ParseRecipe(made.recipe().textproto(), request_.manifest));
      request.sources.makers.emplace(made.id(), std::move(maker));
    }
    return request;
  }

  // Asks the sources once more: does the comparison give what the manifest says?
  absl::Status JudgeAgain(const std::string& path) {
    ASSIGN_OR_RETURN(const JudgeRequest request, QuestionToSources(path));
    ASSIGN_OR_RETURN(CheckpointJudgement judgement, JudgeCheckpoint(request));
    if (!judgement.manifest.has_value()) {
      answer_.findings.push_back(absl::StrCat("damaged: ", judgement.damage));
      return absl::OkStatus();
    }
    Add(CompareJudgements(answer_.manifest, *judgement.manifest, question_));
    if (!IsAccepted(*judgement.manifest)) Add(Findings(*judgement.manifest));
    answer_.judgement = *std::move(judgement.manifest);
    return absl::OkStatus();
  }

  AuditOptions OptionsFor(ProgressStep* step) const {
    AuditOptions options{.threads = request_.resources.threads, .stop = request_.resources.stop};
    if (step != nullptr) options.on_progress = [step](int64_t bytes) { step->Add(bytes); };
    return options;
  }

  // Both return the path of the file that stands for the output's checkpoint, empty where the manifest has none.
  absl::StatusOr<std::string> AuditBytesOf(bool is_believed) {
    ASSIGN_OR_RETURN(const AuditedOutput output, OpenAuditedOutput(answer_.manifest, request_.checkpoint));
    for (const std::string& path : request_.will_be_written) {
      RETURN_IF_ERROR(CheckIsNotAudited(path, output));
    }
    if (!is_believed) return output.path;
    {
      ProgressStep step(request_.resources.progress, "auditing", AuditBytes(answer_.manifest, output.files));
      ASSIGN_OR_RETURN(const std::vector<std::string> findings, AuditFiles(answer_.manifest, output.files, OptionsFor(&step)));
      Add(output.findings);
      Add(findings);
    }
    if (answer_.findings.empty() && request_.sources.paths.empty() && !output.path.empty()) {
      RETURN_IF_ERROR(AuditTableOf(output.path));
    }
    return output.path;
  }

  // The bytes are those that the manifest speaks of; do they say what it says? Who gives sources learns more by the new judgement.
  absl::Status AuditTableOf(const std::string& path) {
    ASSIGN_OR_RETURN(const Checkpoint checkpoint, OpenCheckpoint(path));
    // It reads few bytes, if any.
    ASSIGN_OR_RETURN(const std::vector<std::string> findings, AuditTable(answer_.manifest, checkpoint, OptionsFor(nullptr)));
    Add(findings);
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> AuditTensors(bool is_believed) {
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(request_.checkpoint);
    if (absl::IsDataLoss(checkpoint.status())) {
      answer_.findings.push_back(absl::StrCat("damaged: ", checkpoint.status().message()));
      return request_.checkpoint;
    }
    if (!checkpoint.ok()) return checkpoint.status();
    for (const std::string& path : request_.will_be_written) {
      RETURN_IF_ERROR(CheckIsNotRead(path, "the merged checkpoint", *checkpoint));
    }
    if (!is_believed) return request_.checkpoint;
    int64_t bytes = 0;
    for (const CheckpointTensor& tensor : checkpoint->tensors()) bytes += tensor.tensor.byte_size();
    ProgressStep step(request_.resources.progress, "auditing", bytes);
    ASSIGN_OR_RETURN(const std::vector<std::string> findings, AuditContent(answer_.manifest, *checkpoint, OptionsFor(&step)));
    Add(findings);
    return request_.checkpoint;
  }

  const AuditRequest& request_;
  std::optional<Recipe> recipe_;  // The auditor's own, if there is one.
  AuditQuestion question_;
  AuditAnswer answer_;
};

}  // namespace

absl::StatusOr<AuditAnswer> AuditCheckpoint(const AuditRequest& request) {
  return Auditor(request).Run();
}

}  // namespace weighbridge
