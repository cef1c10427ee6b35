#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "plan/compile.h"
#include "plan/term.h"
#include "proto/recipe.pb.h"

namespace weighbridge {
namespace {

using Steps = google::protobuf::RepeatedPtrField<Recipe::Step>;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

absl::Status CheckShape(const Texts& shape) {
  for (const std::string& term : shape) {
    if (term == "?") continue;
    if (absl::Status status = CheckTerm(term); !status.ok()) return status;
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

absl::Status CheckStep(const Recipe::Step& step) {
  if (step.kind_case() == Recipe::Step::KIND_NOT_SET) return absl::InvalidArgumentError("a step is empty");
  return step.has_cast() ? CheckCast(step.cast()) : absl::OkStatus();
}

absl::Status CheckSteps(const Steps& steps) {
  for (const Recipe::Step& step : steps) {
    if (absl::Status status = CheckStep(step); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckTensor(const Recipe::Tensor& tensor) {
  if (tensor.from().empty() || tensor.to().empty()) return absl::InvalidArgumentError("a tensor has no `from` or no `to`");
  absl::Status status = CheckTermsOf(tensor.from());
  status.Update(CheckTermsOf(tensor.to()));
  status.Update(CheckTermsOf(tensor.tensor_name()));
  status.Update(CheckShape(tensor.shape()));
  status.Update(CheckSteps(tensor.steps()));
  return status;
}

absl::Status CheckEntry(const Recipe::Entry& entry) {
  switch (entry.kind_case()) {
    case Recipe::Entry::kTensor:
      return CheckTensor(entry.tensor());
    case Recipe::Entry::kLayers: {
      absl::Status status = CheckTerm(entry.layers().count());
      for (const Recipe::Tensor& tensor : entry.layers().tensors()) status.Update(CheckTensor(tensor));
      return status;
    }
    default:
      return absl::InvalidArgumentError("an entry is empty");
  }
}

absl::Status CheckTake(const Recipe::Take& take) {
  if (take.match().empty()) return absl::InvalidArgumentError("a take has no `match`");
  absl::Status status = CheckTermsOf(take.tensor_name());
  if (!take.count().empty()) status.Update(CheckTerm(take.count()));
  status.Update(CheckShape(take.shape()));
  status.Update(CheckSteps(take.steps()));
  for (const Recipe::Replacement& replacement : take.replacements()) {
    if (replacement.text().empty()) status.Update(absl::InvalidArgumentError("a replacement has no `text`"));
  }
  return status;
}

absl::Status CheckSection(const Recipe::Section& section) {
  if (section.entries().empty() == section.takes().empty()) {
    return absl::InvalidArgumentError("a section wants either `entries` or `takes`");
  }
  absl::Status status = section.has_cast() ? CheckCast(section.cast()) : absl::OkStatus();
  for (const Recipe::Entry& entry : section.entries()) status.Update(CheckEntry(entry));
  for (const Recipe::Take& take : section.takes()) status.Update(CheckTake(take));
  return status;
}

// Lower-case words: they stand before "=" on the command line and before "." in terms.
bool IsSourceId(absl::string_view id) {
  return !id.empty() && id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == absl::string_view::npos &&
         (id[0] < '0' || id[0] > '9');
}

absl::Status CheckSources(const Recipe& recipe, std::set<std::string>& ids) {
  if (recipe.sources().empty()) return absl::InvalidArgumentError("it has no sources");
  for (const Recipe::Source& source : recipe.sources()) {
    if (!IsSourceId(source.id())) return absl::InvalidArgumentError(absl::StrCat("\"", source.id(), "\" is no source id"));
    if (!ids.insert(source.id()).second)
      return absl::InvalidArgumentError(absl::StrCat("the source \"", source.id(), "\" stands there twice"));
    if (!source.subtree().empty() && source.outside_reason().empty()) {
      return absl::InvalidArgumentError(absl::StrCat("the source \"", source.id(), "\" has a subtree and no outside_reason"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRecipe(const Recipe& recipe) {
  std::set<std::string> ids;
  absl::Status status = CheckSources(recipe, ids);
  if (recipe.sections().empty()) status.Update(absl::InvalidArgumentError("it has no sections"));
  for (const Recipe::Section& section : recipe.sections()) {
    if (!ids.contains(section.source())) {
      status.Update(absl::InvalidArgumentError(absl::StrCat("a section names the unknown source \"", section.source(), "\"")));
    }
    status.Update(CheckSection(section));
  }
  for (const Recipe::Drop& drop : recipe.drops()) {
    if (!ids.contains(drop.source()) || drop.match().empty() || drop.reason().empty()) {
      status.Update(
          absl::InvalidArgumentError(absl::StrCat("a drop of \"", drop.match(), "\" wants a known source, a match and a reason")));
    }
  }
  return status;
}

}  // namespace

absl::Status ValidateRecipe(const Recipe& recipe) {
  absl::Status status = CheckRecipe(recipe);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat("recipe \"", recipe.name(), "\": ", status.message()));
}

}  // namespace weighbridge
