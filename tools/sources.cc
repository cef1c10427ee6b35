#include "tools/sources.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "plan/compile.h"
#include "plan/compile_options.h"
#include "plan/plan.h"
#include "proto/recipe.pb.h"
#include "recipes/recipes.h"
#include "tools/origins.h"

namespace weighbridge {
namespace {

using Paths = std::map<std::string, std::string>;

bool HasSource(const Recipe& recipe, absl::string_view id) {
  return std::any_of(recipe.sources().begin(), recipe.sources().end(), [&](const auto& source) { return source.id() == id; });
}

// Opens the sources of a recipe, and of those that make one of them.
class SourceOpener {
 public:
  SourceOpener(const Paths& paths, const CompileOptions& options) : paths_(paths), options_(options) {}

  absl::StatusOr<std::vector<PlanSource>> Open(const Recipe& recipe) {
    std::vector<PlanSource> sources;
    for (const Recipe::Source& source : recipe.sources()) {
      absl::StatusOr<PlanSource> opened = OpenSource(recipe, source);
      if (!opened.ok()) return opened.status();
      sources.push_back(*std::move(opened));
    }
    return sources;
  }

  // InvalidArgument when a path is given for what no recipe wants, or for what makes a source that is given itself.
  absl::Status CheckPaths(const Recipe& recipe) const {
    for (const auto& [id, path] : paths_) {
      if (HasSource(recipe, id)) continue;
      const Recipe::Source* made = nullptr;
      for (const Recipe::Source& source : recipe.sources()) {
        absl::StatusOr<Recipe> maker = Maker(source);
        if (maker.ok() && HasSource(*maker, id)) made = &source;
      }
      if (made == nullptr) return absl::InvalidArgumentError(absl::StrCat(id, "=", path, ": no source has that name; ", Wanted(recipe)));
      if (paths_.contains(made->id())) {
        return absl::InvalidArgumentError(
            absl::StrCat(id, "=", path, " and ", made->id(), "=", paths_.at(made->id()), ": one makes the other; give one of them"));
      }
    }
    return absl::OkStatus();
  }

 private:
  static absl::StatusOr<Recipe> Maker(const Recipe::Source& source) {
    if (source.made_by().empty()) return absl::NotFoundError("");
    return LoadRecipe(source.made_by());
  }

  // "blip2=PATH (PaddleNLP's …), vicuna=PATH (…) or base=PATH (…) with delta=PATH (…)".
  static std::string WantedPaths(const Recipe& recipe, absl::string_view separator) {
    std::string wanted;
    for (const Recipe::Source& source : recipe.sources()) {
      absl::StrAppend(&wanted, wanted.empty() ? "" : separator, source.id(), "=PATH (", source.description(), ")");
      absl::StatusOr<Recipe> maker = Maker(source);
      if (maker.ok()) absl::StrAppend(&wanted, " or ", WantedPaths(*maker, " with "));
    }
    return wanted;
  }

  static std::string Wanted(const Recipe& recipe) { return absl::StrCat("recipe ", recipe.name(), " wants ", WantedPaths(recipe, ", ")); }

  absl::StatusOr<PlanSource> OpenSource(const Recipe& recipe, const Recipe::Source& source) {
    const auto path = paths_.find(source.id());
    if (path == paths_.end()) return MakeSource(recipe, source);
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path->second);
    const absl::Status status = checkpoint.ok() ? AddOrigins(*checkpoint) : checkpoint.status();
    if (!status.ok()) return absl::Status(status.code(), absl::StrCat(source.id(), ": ", status.message()));
    return PlanSource{.id = source.id(), .checkpoint = std::make_shared<const Checkpoint>(*std::move(checkpoint))};
  }

  absl::StatusOr<PlanSource> MakeSource(const Recipe& recipe, const Recipe::Source& source) {
    const absl::Status missing = absl::InvalidArgumentError(absl::StrCat(source.id(), "=PATH is missing; ", Wanted(recipe)));
    if (source.made_by().empty()) return missing;
    absl::StatusOr<Recipe> maker = LoadRecipe(source.made_by());
    if (!maker.ok()) return maker.status();
    if (std::none_of(paths_.begin(), paths_.end(), [&](const auto& path) { return HasSource(*maker, path.first); })) return missing;
    absl::StatusOr<std::vector<PlanSource>> sources = Open(*maker);
    if (!sources.ok()) return sources.status();
    absl::StatusOr<Plan> plan = Compile(*maker, *sources, options_);
    if (!plan.ok()) return plan.status();
    return PlanSource{.id = source.id(), .plan = std::make_shared<const Plan>(*std::move(plan))};
  }

  const Paths& paths_;
  const CompileOptions& options_;
};

}  // namespace

absl::StatusOr<std::vector<PlanSource>> OpenSources(const Recipe& recipe, const std::map<std::string, std::string>& paths,
                                                    const CompileOptions& options) {
  SourceOpener opener(paths, options);
  if (absl::Status status = opener.CheckPaths(recipe); !status.ok()) return status;
  return opener.Open(recipe);
}

absl::Status CheckIsNotRead(const std::string& path, absl::string_view id, const Checkpoint& checkpoint) {
  for (const CheckpointFile& file : checkpoint.files) {
    std::error_code error;
    if (!std::filesystem::equivalent(path, file.path, error) || error) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is read as a source (", id, ") and is never overwritten; give another folder"));
  }
  return absl::OkStatus();
}

absl::Status CheckIsNoSource(const std::string& path, const std::vector<PlanSource>& sources) {
  for (const PlanSource& source : sources) {
    if (absl::Status status = CheckIsNotRead(path, source.id, *source.checkpoint); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace weighbridge
