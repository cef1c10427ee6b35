#include "convert/open_sources.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "convert/origins.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipes/recipes.h"

namespace weighbridge {
namespace {

bool HasSource(const Recipe& recipe, absl::string_view id) {
  return std::any_of(recipe.sources().begin(), recipe.sources().end(), [&](const auto& source) { return source.id() == id; });
}

// Opens the sources of a recipe. What makes one of them is opened and not made in its turn.
class SourceOpener {
 public:
  explicit SourceOpener(const SourceOptions& options) : options_(options), paths_(options.paths), makers_(options.makers) {}

  absl::StatusOr<std::vector<PlanSource>> Open(const Recipe& recipe) const {
    std::vector<PlanSource> sources;
    for (const Recipe::Source& source : recipe.sources()) {
      ASSIGN_OR_RETURN(PlanSource opened, paths_.contains(source.id()) ? OpenGiven(source.id()) : Make(recipe, source));
      sources.push_back(std::move(opened));
    }
    return sources;
  }

  // InvalidArgument when a value is given that no recipe has a parameter for, or that is none for it.
  absl::Status CheckParameters(const Recipe& recipe) const {
    std::vector<Recipe> recipes = {recipe};
    for (const Recipe::Source& source : recipe.sources()) {
      absl::StatusOr<Recipe> maker = Maker(source);
      if (maker.ok()) recipes.push_back(*std::move(maker));
    }
    return weighbridge::CheckParameters(options_.compile.parameters, recipes);
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
  absl::StatusOr<Recipe> Maker(const Recipe::Source& source) const {
    if (const auto maker = makers_.find(source.id()); maker != makers_.end()) return maker->second;
    if (source.made_by().empty()) return absl::NotFoundError("");
    return LoadRecipe(source.made_by());
  }

  // "base=PATH (…)SEPARATORdelta=PATH (…)".
  static std::string Listed(const Recipe& recipe, absl::string_view separator) {
    return absl::StrJoin(recipe.sources(), separator, [](std::string* out, const Recipe::Source& source) {
      absl::StrAppend(out, source.id(), "=PATH (", source.description(), ")");
    });
  }

  // "recipe minigpt4 wants blip2=PATH (…), vicuna=PATH (…), minigpt4=PATH (…); in the place of vicuna= base=PATH (…) with delta=PATH (…)".
  std::string Wanted(const Recipe& recipe) const {
    std::string wanted = absl::StrCat("recipe ", recipe.name(), " wants ", Listed(recipe, ", "));
    for (const Recipe::Source& source : recipe.sources()) {
      absl::StatusOr<Recipe> maker = Maker(source);
      if (maker.ok()) absl::StrAppend(&wanted, "; in the place of ", source.id(), "= ", Listed(*maker, " with "));
    }
    return wanted;
  }

  absl::StatusOr<PlanSource> OpenGiven(const std::string& id) const {
    absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(paths_.at(id));
    RETURN_IF_ERROR(checkpoint.ok() ? AddOrigins(*checkpoint, options_.receipts) : checkpoint.status(), Annotate(_, id));
    return PlanSource{.id = id, .checkpoint = std::make_shared<const Checkpoint>(*std::move(checkpoint))};
  }

  absl::StatusOr<PlanSource> Make(const Recipe& recipe, const Recipe::Source& source) const {
    const auto missing = [&](const std::string& id) {
      return absl::InvalidArgumentError(absl::StrCat(id, "=PATH is missing; ", Wanted(recipe)));
    };
    if (source.made_by().empty() && !makers_.contains(source.id())) return missing(source.id());
    ASSIGN_OR_RETURN(Recipe maker, Maker(source));
    if (std::none_of(paths_.begin(), paths_.end(), [&](const auto& path) { return HasSource(maker, path.first); })) {
      return missing(source.id());
    }
    std::vector<PlanSource> sources;
    for (const Recipe::Source& below : maker.sources()) {
      if (!paths_.contains(below.id())) return missing(below.id());
      ASSIGN_OR_RETURN(PlanSource opened, OpenGiven(below.id()));
      sources.push_back(std::move(opened));
    }
    ASSIGN_OR_RETURN(Plan plan, Compile(maker, sources, options_.compile));
    return PlanSource{.id = source.id(), .plan = std::make_shared<const Plan>(std::move(plan))};
  }

  const SourceOptions& options_;
  const std::map<std::string, std::string>& paths_;
  const std::map<std::string, Recipe>& makers_;
};

}  // namespace

absl::StatusOr<std::vector<PlanSource>> OpenSources(const Recipe& recipe, const SourceOptions& options) {
  const SourceOpener opener(options);
  RETURN_IF_ERROR(opener.CheckParameters(recipe));
  RETURN_IF_ERROR(opener.CheckPaths(recipe));
  return opener.Open(recipe);
}

}  // namespace weighbridge
