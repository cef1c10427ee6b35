#include "recipe/checked_recipe.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/json/json_members.h"
#include "formats/json/quote_json.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "proto/recipe.pb.h"
#include "recipe/identifier.h"
#include "recipe/recipe_limits.h"
#include "recipe/term.h"

namespace weighbridge {
namespace {

using google::protobuf::RepeatedPtrField;

template <typename... Words>
absl::Status Wrong(const Words&... words) {
  return absl::InvalidArgumentError(absl::StrCat(words...));
}

absl::StatusOr<DType> CheckDType(absl::string_view name) {
  if (const std::optional<DType> dtype = ParseDType(name); dtype.has_value()) return *dtype;
  return Wrong("\"", name, "\" is not a dtype");
}

absl::StatusOr<CheckedCast> CheckCast(const Recipe::Cast& cast) {
  CheckedCast checked = {.rule = &cast, .dtype = std::nullopt};
  if (cast.to_case() == Recipe::Cast::kDtype) {
    ASSIGN_OR_RETURN(checked.dtype, CheckDType(cast.dtype()));
    return checked;
  }
  if (cast.to_case() != Recipe::Cast::kConfig || cast.config().keys().empty()) return Wrong("a cast says no dtype");
  if (!cast.config().otherwise().empty()) {
    RETURN_IF_ERROR(CheckDType(cast.config().otherwise()).status());
  }
  return checked;
}

absl::Status CheckJson(absl::string_view json, const char* field, JsonMembers& members) {
  if (json.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(members, ParseJsonMembers(json, ReadLimits().nesting), Wrong("the config's ", field, ": ", _.message()));
  return absl::OkStatus();
}

class Checker {
 public:
  Checker(const Recipe& recipe, const RecipeLimits& limits) : recipe_(std::make_shared<const Recipe>(recipe)), terms_left_(limits.terms) {}

  absl::StatusOr<CheckedRecipe> Run() {
    CheckedRecipe checked = {.recipe = recipe_, .sections = {}, .config = {}, .modules = {}};
    RETURN_IF_ERROR(CheckSources());
    if (recipe_->sections().empty()) return Wrong("it has no sections");
    for (const Recipe::Section& section : recipe_->sections()) {
      ASSIGN_OR_RETURN(checked.sections.emplace_back(), CheckSection(section));
    }
    RETURN_IF_ERROR(CheckPatterns("drop", recipe_->drops()));
    RETURN_IF_ERROR(CheckPatterns("refusal", recipe_->refusals()));
    RETURN_IF_ERROR(CheckResult(checked));
    return checked;
  }

 private:
  // Of terms that are kept.
  absl::Status Charge(int64_t terms) {
    terms_left_ -= terms;
    return terms_left_ >= 0 ? absl::OkStatus() : absl::ResourceExhaustedError("it has more terms than its limit allows");
  }

  absl::StatusOr<Term> CheckTerm(absl::string_view text) {
    RETURN_IF_ERROR(Charge(1));
    return Term::Parse(text);
  }

  absl::StatusOr<TextWithTerms> CheckText(absl::string_view text) {
    RETURN_IF_ERROR(Charge(1 + std::count(text.begin(), text.end(), '{')));
    return TextWithTerms::Parse(text);
  }

  absl::StatusOr<CheckedShape> CheckShape(const RepeatedPtrField<std::string>& terms) {
    CheckedShape shape;
    for (const std::string& term : terms) {
      shape.emplace_back();
      if (term == "?") continue;
      ASSIGN_OR_RETURN(shape.back(), CheckTerm(term));
    }
    return shape;
  }

  absl::Status CheckSources() {
    if (recipe_->sources().empty()) return Wrong("it has no sources");
    for (const Recipe::Source& source : recipe_->sources()) {
      if (!IsIdentifier(source.id())) return Wrong("\"", source.id(), "\" is not a source id");
      if (!ids_.insert(source.id()).second) return Wrong("the source \"", source.id(), "\" stands there twice");
      if (!source.subtree().empty() && source.outside_reason().empty()) {
        return Wrong("the source \"", source.id(), "\" has a subtree and no outside_reason");
      }
      if (source.subtree().empty() && !source.outside().empty()) {
        return Wrong("the source \"", source.id(), "\" has no subtree, and so nothing is outside of it");
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckSource(absl::string_view id, absl::string_view what) const {
    return ids_.contains(id) ? absl::OkStatus() : Wrong(what, " names the unknown source \"", id, "\"");
  }

  // Of drops or of refusals.
  template <typename Rules>
  absl::Status CheckPatterns(absl::string_view kind, const Rules& rules) const {
    for (const auto& rule : rules) {
      if (ids_.contains(rule.source()) && !rule.match().empty() && !rule.reason().empty()) continue;
      return Wrong("a ", kind, " of \"", rule.match(), "\" needs a known source, a match and a reason");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<CheckedStep> CheckStep(const Recipe::Step& step) {
    switch (step.kind_case()) {
      case Recipe::Step::kTranspose:
        return CheckedStep{CheckedTranspose{}};
      case Recipe::Step::kCast: {
        ASSIGN_OR_RETURN(CheckedCast cast, CheckCast(step.cast()));
        return CheckedStep{cast};
      }
      case Recipe::Step::kAddTokenRows: {
        const Recipe::AddTokenRows& rule = step.add_token_rows();
        if (rule.token().empty()) return Wrong("add_token_rows names no token");
        ASSIGN_OR_RETURN(PadRows pad_rows, ParsePadRows(rule.pad_rows()), Annotate(_, "pad_rows"));
        return CheckedStep{CheckedTokenRows{.rule = &rule, .pad_rows = pad_rows}};
      }
      case Recipe::Step::kAdd: {
        CheckedAdd add = {.rule = &step.add(), .from = {}, .steps = {}};
        RETURN_IF_ERROR(CheckSource(add.rule->source(), "an add"));
        ASSIGN_OR_RETURN(add.from, CheckText(add.rule->from()));
        ASSIGN_OR_RETURN(add.steps, CheckSteps(add.rule->steps()));
        return CheckedStep{std::move(add)};
      }
      default:
        return Wrong("a step is empty");
    }
  }

  absl::StatusOr<std::vector<CheckedStep>> CheckSteps(const RepeatedPtrField<Recipe::Step>& steps) {
    std::vector<CheckedStep> checked;
    for (const Recipe::Step& step : steps) {
      ASSIGN_OR_RETURN(checked.emplace_back(), CheckStep(step));
    }
    return checked;
  }

  absl::StatusOr<CheckedTensor> CheckTensor(const Recipe::Tensor& tensor) {
    if (tensor.from().empty() || tensor.to().empty()) return Wrong("a tensor has no `from` or no `to`");
    CheckedTensor checked = {.rule = &tensor, .from = {}, .to = {}, .tensor_name = {}, .tied_to = {}, .shape = {}, .steps = {}};
    ASSIGN_OR_RETURN(checked.from, CheckText(tensor.from()));
    ASSIGN_OR_RETURN(checked.to, CheckText(tensor.to()));
    ASSIGN_OR_RETURN(checked.tensor_name, CheckText(tensor.tensor_name()));
    ASSIGN_OR_RETURN(checked.shape, CheckShape(tensor.shape()));
    ASSIGN_OR_RETURN(checked.steps, CheckSteps(tensor.steps()));
    if (!tensor.has_tied()) return checked;
    if (tensor.tied().to().empty() || tensor.tied().config().empty()) return Wrong("`tied` needs a tensor and a config value");
    ASSIGN_OR_RETURN(checked.tied_to, CheckText(tensor.tied().to()));
    return checked;
  }

  absl::StatusOr<CheckedRepeat> CheckEntry(const Recipe::Entry& entry) {
    CheckedRepeat checked;
    if (entry.has_tensor()) {
      ASSIGN_OR_RETURN(checked.tensors.emplace_back(), CheckTensor(entry.tensor()));
      return checked;
    }
    if (!entry.has_layers()) return Wrong("an entry is empty");
    ASSIGN_OR_RETURN(checked.count, CheckTerm(entry.layers().count()));
    for (const Recipe::Tensor& tensor : entry.layers().tensors()) {
      ASSIGN_OR_RETURN(checked.tensors.emplace_back(), CheckTensor(tensor));
    }
    return checked;
  }

  absl::StatusOr<CheckedMatch> CheckTake(const Recipe::Take& take) {
    if (take.match().empty()) return Wrong("a take has no `match`");
    CheckedMatch checked = {.rule = &take, .tensor_name = {}, .count = std::nullopt, .shape = {}, .steps = {}};
    ASSIGN_OR_RETURN(checked.tensor_name, CheckText(take.tensor_name()));
    if (!take.count().empty()) {
      ASSIGN_OR_RETURN(checked.count, CheckTerm(take.count()));
    }
    ASSIGN_OR_RETURN(checked.shape, CheckShape(take.shape()));
    ASSIGN_OR_RETURN(checked.steps, CheckSteps(take.steps()));
    for (const Recipe::Replacement& replacement : take.replacements()) {
      if (replacement.text().empty()) return Wrong("a replacement has no `text`");
    }
    return checked;
  }

  absl::StatusOr<CheckedSection> CheckSection(const Recipe::Section& section) {
    RETURN_IF_ERROR(CheckSource(section.source(), "a section"));
    if (section.entries().empty() == section.takes().empty()) return Wrong("a section needs either `entries` or `takes`");
    CheckedSection checked = {.rule = &section, .cast = std::nullopt, .repeats = {}, .matches = {}};
    if (section.has_cast()) {
      ASSIGN_OR_RETURN(checked.cast, CheckCast(section.cast()));
    }
    for (const Recipe::Entry& entry : section.entries()) {
      ASSIGN_OR_RETURN(checked.repeats.emplace_back(), CheckEntry(entry));
    }
    for (const Recipe::Take& take : section.takes()) {
      ASSIGN_OR_RETURN(checked.matches.emplace_back(), CheckTake(take));
    }
    return checked;
  }

  absl::StatusOr<CheckedConfig> CheckConfig(const Recipe::Config& config) const {
    CheckedConfig checked;
    RETURN_IF_ERROR(CheckSource(config.source(), "the config"));
    RETURN_IF_ERROR(CheckJson(config.defaults_json(), "defaults_json", checked.defaults));
    RETURN_IF_ERROR(CheckJson(config.json(), "json", checked.values));
    RETURN_IF_ERROR(CheckJson(config.omitted_json(), "omitted_json", checked.omitted));
    RETURN_IF_ERROR(CheckJson(config.generation_defaults_json(), "generation_defaults_json", checked.generation_defaults));
    RETURN_IF_ERROR(CheckJson(config.generation_json(), "generation_json", checked.generation));
    RETURN_IF_ERROR(CheckJson(config.generation_made_json(), "generation_made_json", checked.generation_made));
    RETURN_IF_ERROR(QuoteJson(config.path_key()).status(), Annotate(_, "path_key"));
    for (const Recipe::Extent& extent : config.extents()) {
      if (extent.key().empty() || extent.tensor().empty() || extent.axis() < 0) {
        return Wrong("an extent needs a key, a tensor and an axis of 0 or more");
      }
      RETURN_IF_ERROR(QuoteJson(extent.key()).status(), Annotate(_, "the key of an extent"));
    }
    return checked;
  }

  absl::StatusOr<CheckedModule> CheckModule(const Recipe::Module& module) {
    CheckedModule checked = {.rule = &module, .name = {}, .count = std::nullopt, .modules = {}};
    ASSIGN_OR_RETURN(checked.name, CheckText(module.name()));
    if (!module.count().empty()) {
      ASSIGN_OR_RETURN(checked.count, CheckTerm(module.count()));
      RETURN_IF_ERROR(CheckSource(module.count_from(), "the count of a module"));
    }
    ASSIGN_OR_RETURN(checked.modules, CheckModules(module.modules()));
    return checked;
  }

  absl::StatusOr<std::vector<CheckedModule>> CheckModules(const RepeatedPtrField<Recipe::Module>& modules) {
    std::vector<CheckedModule> checked;
    for (const Recipe::Module& module : modules) {
      ASSIGN_OR_RETURN(checked.emplace_back(), CheckModule(module));
    }
    return checked;
  }

  absl::Status CheckResult(CheckedRecipe& checked) {
    const Recipe::Result& result = recipe_->result();
    if (result.has_config()) {
      ASSIGN_OR_RETURN(checked.config, CheckConfig(result.config()));
    }
    if (!result.tokenizer_from().empty()) {
      RETURN_IF_ERROR(CheckSource(result.tokenizer_from(), "tokenizer_from"));
    }
    if (!result.modules_from().empty()) {
      RETURN_IF_ERROR(CheckSource(result.modules_from(), "modules_from"));
    }
    if (!result.modules_from().empty() && !result.modules().empty()) return Wrong("the result needs either `modules` or `modules_from`");
    ASSIGN_OR_RETURN(checked.modules, CheckModules(result.modules()));
    return absl::OkStatus();
  }

  const std::shared_ptr<const Recipe> recipe_;
  std::set<std::string, std::less<>> ids_;
  int64_t terms_left_;
};

}  // namespace

absl::StatusOr<CheckedRecipe> CheckRecipe(const Recipe& recipe, const RecipeLimits& limits) {
  absl::StatusOr<CheckedRecipe> checked = Checker(recipe, limits).Run();
  if (checked.ok()) return checked;
  const absl::Status failure = Annotate(checked.status(), absl::StrCat("recipe \"", recipe.name(), "\""));
  return absl::IsResourceExhausted(failure) ? failure : absl::InvalidArgumentError(failure.message());
}

}  // namespace weighbridge
