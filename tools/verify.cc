#include "tools/verify.h"

#include <algorithm>
#include <filesystem>
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
#include "base/printable.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "plan/compile.h"
#include "plan/plan.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "re2/re2.h"
#include "recipes/recipes.h"
#include "tools/progress.h"
#include "tools/sources.h"
#include "tools/tool.h"
#include "tools/verify_exports.h"
#include "verify/audit.h"
#include "verify/json_writer.h"
#include "verify/judge.h"
#include "verify/manifest.h"
#include "verify/manifest_json.h"
#include "verify/tolerance.h"

namespace weighbridge {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostManifestBytes = int64_t{1} << 30;

// An answer that is no manifest.
struct Answer {
  bool accepted = false;
  std::vector<std::string> findings;
  std::string summary;
};

// A judgement, or why what was to be judged cannot be read.
struct Judged {
  std::optional<Manifest> manifest;
  std::string damage;
};

void Print(const Answer& answer, bool as_json, std::ostream& out) {
  if (!as_json) {
    for (const std::string& finding : answer.findings) out << Printable(finding) << "\n";
    out << Printable(answer.summary) << "\n";
    return;
  }
  JsonWriter json;
  json.BeginObject();
  json.Key("accepted");
  json.Bool(answer.accepted);
  json.Key("findings");
  json.BeginArray();
  for (const std::string& finding : answer.findings) json.String(finding);
  json.EndArray();
  json.Key("summary");
  json.String(answer.summary);
  json.EndObject();
  out << std::move(json).Finish();
}

class Verifier {
 public:
  explicit Verifier(const VerifyOptions& options) : options_(options), progress_(options.common.quiet) {}

  absl::StatusOr<bool> Run(std::ostream& out) {
    if (absl::Status status = CheckOptions(); !status.ok()) return status;
    if (absl::Status status = CheckExports(options_.exports); !status.ok()) return status;
    return options_.manifest.empty() ? RunJudge(out) : RunAudit(out);
  }

 private:
  absl::Status CheckOptions() const {
    if (!options_.tolerance.empty()) {
      if (absl::StatusOr<Tolerance> tolerance = ParseTolerance(options_.tolerance); !tolerance.ok()) return tolerance.status();
    }
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
    absl::StatusOr<Recipe> recipe = LoadRecipe(options_.recipe);
    if (!recipe.ok()) return recipe.status();
    absl::StatusOr<Judged> judged = JudgeBySources(*recipe, options_.tolerance.empty() ? "exact" : options_.tolerance);
    if (!judged.ok()) return judged.status();
    if (!judged->manifest.has_value()) {
      Print({.accepted = false, .findings = {}, .summary = absl::StrCat("damaged: ", judged->damage)}, options_.json, out);
      return false;
    }
    const Manifest& manifest = *judged->manifest;
    if (absl::Status status = WriteExports(options_.exports, manifest); !status.ok()) return status;
    if (options_.json) {
      out << ManifestToJson(manifest);
    } else {
      Print({.accepted = IsAccepted(manifest), .findings = Findings(manifest), .summary = Summary(manifest)}, false, out);
    }
    return IsAccepted(manifest);
  }

  absl::StatusOr<bool> RunAudit(std::ostream& out) {
    absl::StatusOr<Manifest> manifest = LoadManifest();
    if (!manifest.ok()) return manifest.status();
    std::vector<std::string> findings = AuditManifest(*manifest);
    absl::StatusOr<std::vector<std::string>> audited = options_.content ? AuditTensors(*manifest) : AuditBytesOf(*manifest);
    if (!audited.ok()) return audited.status();
    findings.insert(findings.end(), audited->begin(), audited->end());
    if (!options_.sources.empty()) {
      if (absl::Status status = JudgeAgain(*manifest, findings); !status.ok()) return status;
    }
    const bool accepted = findings.empty();
    if (absl::Status status = WriteExports(options_.exports, *manifest); !status.ok()) return status;
    const std::string what = absl::StrCat(manifest->output().files_size(), " files, ", manifest->output().tensors_size(), " tensors; ",
                                          options_.sources.empty() ? "the manifest says of them: " : "judged again: ", Summary(*manifest));
    Print({.accepted = accepted,
           .findings = std::move(findings),
           .summary = absl::StrCat(accepted ? "as the manifest says: " : "not as the manifest says: ", what)},
          options_.json, out);
    return accepted;
  }

  // Beside a manifest the sources are asked once more: the same files, and does the comparison still hold?
  absl::Status JudgeAgain(const Manifest& manifest, std::vector<std::string>& findings) {
    absl::StatusOr<Recipe> recipe = ParseRecipe(manifest.recipe().textproto(), options_.manifest);
    if (!recipe.ok()) return recipe.status();
    std::map<std::string, Recipe> makers;
    for (const SourceRecipe& made : manifest.made_sources()) {
      absl::StatusOr<Recipe> maker = ParseRecipe(made.recipe().textproto(), options_.manifest);
      if (!maker.ok()) return maker.status();
      makers.emplace(made.id(), *std::move(maker));
    }
    absl::StatusOr<Judged> judged = JudgeBySources(*recipe, options_.tolerance.empty() ? manifest.tolerance() : options_.tolerance, makers);
    if (!judged.ok()) return judged.status();
    if (!judged->manifest.has_value()) {
      findings.push_back(absl::StrCat("damaged: ", judged->damage));
      return absl::OkStatus();
    }
    for (const std::string& finding : CompareSources(manifest, *judged->manifest)) findings.push_back(finding);
    if (!IsAccepted(*judged->manifest)) {
      for (const std::string& finding : Findings(*judged->manifest)) findings.push_back(finding);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Judged> JudgeBySources(const Recipe& recipe, const std::string& tolerance,
                                        const std::map<std::string, Recipe>& makers = {}) {
    const CompileOptions compile{.pad_rows = options_.pad_rows, .stop = options_.common.stop};
    absl::StatusOr<std::vector<PlanSource>> sources = OpenSources(recipe, options_.sources, compile, makers);
    if (!sources.ok()) return sources.status();
    absl::StatusOr<Plan> plan = Compile(recipe, *sources, compile);
    if (!plan.ok()) return plan.status();
    absl::StatusOr<Checkpoint> merged = OpenCheckpoint(options_.merged);
    if (absl::IsDataLoss(merged.status())) return Judged{.manifest = std::nullopt, .damage = std::string(merged.status().message())};
    if (!merged.ok()) return merged.status();
    for (const std::string& path : options_.exports.Paths()) {
      absl::Status status = CheckIsNoSource(path, plan->sources);
      if (status.ok()) status = CheckIsNotRead(path, "the merged checkpoint", *merged);
      if (!status.ok()) return status;
    }
    return JudgeMerged(*plan, *merged, tolerance);
  }

  absl::StatusOr<Judged> JudgeMerged(const Plan& plan, const Checkpoint& merged, const std::string& tolerance) {
    JudgeOptions options{.threads = options_.common.threads,
                         .memory = options_.common.memory,
                         .tolerance = tolerance,
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
    if (!manifest.ok()) return manifest.status();
    return Judged{.manifest = *std::move(manifest), .damage = ""};
  }

  absl::StatusOr<Manifest> LoadManifest() const {
    absl::StatusOr<ByteSourcePtr> file = OpenFile(options_.manifest);
    if (!file.ok()) return file.status();
    absl::StatusOr<std::string> bytes = ReadAll(**file, kMostManifestBytes);
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<Manifest> manifest = ParseManifest(*bytes);
    if (manifest.ok()) return manifest;
    return absl::Status(manifest.status().code(), absl::StrCat("reading ", options_.manifest, ": ", manifest.status().message()));
  }

  // The path of each file of the output: beside what the user named, which is the index or the only file of weights, or the folder.
  absl::StatusOr<std::vector<ByteSourcePtr>> OpenOutput(const Manifest& manifest) const {
    const auto& files = manifest.output().files();
    const auto has_role = [&](File::Role role) {
      return std::any_of(files.begin(), files.end(), [&](const File& file) { return file.role() == role; });
    };
    const File::Role main = has_role(File::ROLE_INDEX) ? File::ROLE_INDEX : File::ROLE_WEIGHTS;
    const bool is_folder = fs::is_directory(options_.merged);
    const fs::path folder = is_folder ? fs::path(options_.merged) : fs::path(options_.merged).parent_path();
    std::vector<ByteSourcePtr> opened;
    for (const File& file : files) {
      const bool is_named = !is_folder && file.role() == main;
      absl::StatusOr<ByteSourcePtr> bytes = OpenFile(is_named ? options_.merged : (folder / fs::path(file.name()).filename()).string());
      if (!bytes.ok() && (is_named || !absl::IsNotFound(bytes.status()))) return bytes.status();
      opened.push_back(bytes.ok() ? *bytes : nullptr);
    }
    return opened;
  }

  AuditOptions GetAuditOptions() {
    return {
        .threads = options_.common.threads, .on_progress = [this](int64_t bytes) { progress_.Add(bytes); }, .stop = options_.common.stop};
  }

  absl::StatusOr<std::vector<std::string>> AuditBytesOf(const Manifest& manifest) {
    absl::StatusOr<std::vector<ByteSourcePtr>> files = OpenOutput(manifest);
    if (!files.ok()) return files.status();
    progress_.Start("auditing", AuditBytes(manifest, *files));
    absl::StatusOr<std::vector<std::string>> findings = AuditFiles(manifest, *files, GetAuditOptions());
    progress_.Finish();
    return findings;
  }

  absl::StatusOr<std::vector<std::string>> AuditTensors(const Manifest& manifest) {
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(options_.merged);
    if (absl::IsDataLoss(checkpoint.status())) {
      return std::vector<std::string>{absl::StrCat("damaged: ", checkpoint.status().message())};
    }
    if (!checkpoint.ok()) return checkpoint.status();
    int64_t bytes = 0;
    for (const CheckpointTensor& tensor : checkpoint->tensors()) bytes += tensor.tensor.byte_size();
    progress_.Start("auditing", bytes);
    absl::StatusOr<std::vector<std::string>> findings = AuditContent(manifest, *checkpoint, GetAuditOptions());
    progress_.Finish();
    return findings;
  }

  const VerifyOptions& options_;
  Progress progress_;
};

}  // namespace

absl::StatusOr<bool> Verify(const VerifyOptions& options, std::ostream& out) {
  return Verifier(options).Run(out);
}

}  // namespace weighbridge
