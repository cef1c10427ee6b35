#include <functional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/json/json_members.h"
#include "formats/read_limits.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipe/compile_options.h"
#include "recipe/compile_token_rows.h"
#include "recipe/identifier.h"
#include "recipe/term.h"

namespace weighbridge {
namespace {

using Steps = google::protobuf::RepeatedPtrField<Recipe::Step>;
using SourceIds = std::set<std::string, std::less<>>;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

absl::Status CheckShape(const Texts& shape) {
  for (const std::string& term : shape) {
    if (term == "?") continue;
    RETURN_IF_ERROR(CheckTerm(term));
  }
  return absl::OkStatus();
}

absl::Status CheckDType(absl::string_view name) {
  if (ParseDType(name).has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no dtype"));
}

absl::Status CheckCast(const Recipe::Cast& cast) {
  if (cast.to_case() == Recipe::Cast::kDtype) return CheckDType(cast.dtype());
  if (cast.to_case() != Recipe::Cast::kConfig || cast.config().keys().empty()) return absl::InvalidArgumentError("a cast says no dtype");
  if (!cast.config().otherwise().empty()) return CheckDType(cast.config().otherwise());
  return absl::OkStatus();
}

absl::Status CheckSource(const SourceIds& ids, absl::string_view id, absl::string_view what) {
  if (ids.contains(id)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " names the unknown source \"", id, "\""));
}

absl::Status CheckTokenRows(const Recipe::AddTokenRows& step) {
  if (step.token().empty()) return absl::InvalidArgumentError("add_token_rows names no token");
  const absl::Status status = ParsePadRows(step.pad_rows()).status();
  return status.ok() ? status : absl::InvalidArgumentError(absl::StrCat("pad_rows: ", status.message()));
}

absl::Status CheckSteps(const Steps& steps, const SourceIds& ids);

absl::Status CheckStep(const Recipe::Step& step, const SourceIds& ids) {
  switch (step.kind_case()) {
    case Recipe::Step::kTranspose:
      return absl::OkStatus();
    case Recipe::Step::kCast:
      return CheckCast(step.cast());
    case Recipe::Step::kAddTokenRows:
      return CheckTokenRows(step.add_token_rows());
    case Recipe::Step::kAdd: {
      absl::Status status = CheckSource(ids, step.add().source(), "an add");
      status.Update(CheckTermsOf(step.add().from()));
      status.Update(CheckSteps(step.add().steps(), ids));
      return status;
    }
    default:
      return absl::InvalidArgumentError("a step is empty");
  }
}

absl::Status CheckSteps(const Steps& steps, const SourceIds& ids) {
  for (const Recipe::Step& step : steps) {
    RETURN_IF_ERROR(CheckStep(step, ids));
  }
  return absl::OkStatus();
}

absl::Status CheckTensor(const Recipe::Tensor& tensor, const SourceIds& ids) {
  if (tensor.from().empty() || tensor.to().empty()) return absl::InvalidArgumentError("a tensor has no `from` or no `to`");
  absl::Status status = CheckTermsOf(tensor.from());
  status.Update(CheckTermsOf(tensor.to()));
  status.Update(CheckTermsOf(tensor.tensor_name()));
  status.Update(CheckShape(tensor.shape()));
  status.Update(CheckSteps(tensor.steps(), ids));
  if (tensor.has_tied()) {
    status.Update(CheckTermsOf(tensor.tied().to()));
    if (tensor.tied().to().empty() || tensor.tied().config().empty()) {
      status.Update(absl::InvalidArgumentError("what is tied wants a tensor and a config value"));
    }
  }
  return status;
}

absl::Status CheckEntry(const Recipe::Entry& entry, const SourceIds& ids) {
  switch (entry.kind_case()) {
    case Recipe::Entry::kTensor:
      return CheckTensor(entry.tensor(), ids);
    case Recipe::Entry::kLayers: {
      absl::Status status = CheckTerm(entry.layers().count());
      for (const Recipe::Tensor& tensor : entry.layers().tensors()) status.Update(CheckTensor(tensor, ids));
      return status;
    }
    default:
      return absl::InvalidArgumentError("an entry is empty");
  }
}

absl::Status CheckTake(const Recipe::Take& take, const SourceIds& ids) {
  if (take.match().empty()) return absl::InvalidArgumentError("a take has no `match`");
  absl::Status status = CheckTermsOf(take.tensor_name());
  if (!take.count().empty()) status.Update(CheckTerm(take.count()));
  status.Update(CheckShape(take.shape()));
  status.Update(CheckSteps(take.steps(), ids));
  for (const Recipe::Replacement& replacement : take.replacements()) {
    if (replacement.text().empty()) status.Update(absl::InvalidArgumentError("a replacement has no `text`"));
  }
  return status;
}

absl::Status CheckSection(const Recipe::Section& section, const SourceIds& ids) {
  RETURN_IF_ERROR(CheckSource(ids, section.source(), "a section"));
  if (section.entries().empty() == section.takes().empty()) {
    return absl::InvalidArgumentError("a section wants either `entries` or `takes`");
  }
  absl::Status status = section.has_cast() ? CheckCast(section.cast()) : absl::OkStatus();
  for (const Recipe::Entry& entry : section.entries()) status.Update(CheckEntry(entry, ids));
  for (const Recipe::Take& take : section.takes()) status.Update(CheckTake(take, ids));
  return status;
}

absl::Status CheckSources(const Recipe& recipe, SourceIds& ids) {
  if (recipe.sources().empty()) return absl::InvalidArgumentError("it has no sources");
  for (const Recipe::Source& source : recipe.sources()) {
    if (!IsIdentifier(source.id())) return absl::InvalidArgumentError(absl::StrCat("\"", source.id(), "\" is no source id"));
    if (!ids.insert(source.id()).second)
      return absl::InvalidArgumentError(absl::StrCat("the source \"", source.id(), "\" stands there twice"));
    if (!source.subtree().empty() && source.outside_reason().empty()) {
      return absl::InvalidArgumentError(absl::StrCat("the source \"", source.id(), "\" has a subtree and no outside_reason"));
    }
    if (source.subtree().empty() && !source.outside().empty()) {
      return absl::InvalidArgumentError(absl::StrCat("the source \"", source.id(), "\" has no subtree, and so nothing is outside of it"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckJson(absl::string_view json, const char* field) {
  if (json.empty()) return absl::OkStatus();
  const absl::Status status = ParseJsonMembers(json, ReadLimits().nesting).status();
  return status.ok() ? status : absl::InvalidArgumentError(absl::StrCat("the config's ", field, ": ", status.message()));
}

absl::Status CheckConfig(const Recipe::Config& config, const SourceIds& ids) {
  absl::Status status = CheckSource(ids, config.source(), "the config");
  status.Update(CheckJson(config.defaults_json(), "defaults_json"));
  status.Update(CheckJson(config.json(), "json"));
  status.Update(CheckJson(config.omitted_json(), "omitted_json"));
  status.Update(CheckJson(config.generation_defaults_json(), "generation_defaults_json"));
  status.Update(CheckJson(config.generation_json(), "generation_json"));
  status.Update(CheckJson(config.generation_made_json(), "generation_made_json"));
  for (const Recipe::Extent& extent : config.extents()) {
    if (!extent.key().empty() && !extent.tensor().empty() && extent.axis() >= 0) continue;
    status.Update(absl::InvalidArgumentError("an extent wants a key, a tensor and an axis of 0 or more"));
  }
  return status;
}

absl::Status CheckModule(const Recipe::Module& module, const SourceIds& ids) {
  absl::Status status = CheckTermsOf(module.name());
  if (!module.count().empty()) {
    status.Update(CheckTerm(module.count()));
    status.Update(CheckSource(ids, module.count_from(), "the count of a module"));
  }
  for (const Recipe::Module& below : module.modules()) status.Update(CheckModule(below, ids));
  return status;
}

absl::Status CheckResult(const Recipe::Result& result, const SourceIds& ids) {
  absl::Status status = result.has_config() ? CheckConfig(result.config(), ids) : absl::OkStatus();
  if (!result.tokenizer_from().empty()) status.Update(CheckSource(ids, result.tokenizer_from(), "tokenizer_from"));
  if (!result.modules_from().empty()) status.Update(CheckSource(ids, result.modules_from(), "modules_from"));
  if (!result.modules_from().empty() && !result.modules().empty()) {
    status.Update(absl::InvalidArgumentError("the result wants either `modules` or `modules_from`"));
  }
  for (const Recipe::Module& module : result.modules()) status.Update(CheckModule(module, ids));
  return status;
}

absl::Status CheckRecipe(const Recipe& recipe) {
  SourceIds ids;
  absl::Status status = CheckSources(recipe, ids);
  if (recipe.sections().empty()) status.Update(absl::InvalidArgumentError("it has no sections"));
  for (const Recipe::Section& section : recipe.sections()) status.Update(CheckSection(section, ids));
  for (const Recipe::Drop& drop : recipe.drops()) {
    if (!ids.contains(drop.source()) || drop.match().empty() || drop.reason().empty()) {
      status.Update(
          absl::InvalidArgumentError(absl::StrCat("a drop of \"", drop.match(), "\" wants a known source, a match and a reason")));
    }
  }
  for (const Recipe::Refusal& refusal : recipe.refusals()) {
    if (!ids.contains(refusal.source()) || refusal.match().empty() || refusal.reason().empty()) {
      status.Update(
          absl::InvalidArgumentError(absl::StrCat("a refusal of \"", refusal.match(), "\" wants a known source, a match and a reason")));
    }
  }
  status.Update(CheckResult(recipe.result(), ids));
  return status;
}

}  // namespace

absl::Status ValidateRecipe(const Recipe& recipe) {
  ASSIGN_OR_RETURN(const Recipe applied, Applied(recipe, {}));
  absl::Status status = CheckRecipe(applied);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat("recipe \"", recipe.name(), "\": ", status.message()));
}

}  // namespace weighbridge
