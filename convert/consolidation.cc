#include "convert/consolidation.h"

#include <optional>
#include <set>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/foreign_tensor.h"
#include "recipes/recipes.h"

namespace weighbridge {
namespace {

constexpr char kNone[] = "none";

// All tensors of the source as they are, in its order.
Recipe CopyRecipe(const Checkpoint& checkpoint) {
  Recipe recipe;
  recipe.set_name("consolidated");
  recipe.set_description("all tensors of a checkpoint in one file");
  recipe.add_sources()->set_id(kConsolidatedSource);
  recipe.mutable_sources(0)->set_description("the checkpoint: a file, a shard index or a folder");
  recipe.add_sections()->set_source(kConsolidatedSource);
  Recipe::Take* take = recipe.mutable_sections(0)->add_takes();
  take->set_match("*");
  take->set_keep_tensor_name(true);
  take->set_may_be_absent(true);
  recipe.mutable_result()->set_modules_from(kConsolidatedSource);
  // safetensors say it themselves, or do not.
  if (checkpoint.is_ordered) recipe.mutable_result()->set_framework(checkpoint.format == "pdparams" ? "np" : "pt");
  return recipe;
}

// A recipe, or kNone, and why it is that one.
struct Choice {
  std::string recipe;
  std::string reason;
};

absl::StatusOr<Choice> DefaultRecipe(const Checkpoint& checkpoint) {
  const auto architecture = checkpoint.facts.find("architectures.0");
  const std::string* name = architecture == checkpoint.facts.end() ? nullptr : std::get_if<std::string>(&architecture->second);
  if (name == nullptr) return Choice{kNone, "no config.json names an architecture"};
  const std::string known = RecipeToConsolidate(*name);
  if (known.empty()) return Choice{kNone, absl::StrCat("no embedded recipe is for ", *name)};
  ASSIGN_OR_RETURN(Recipe recipe, LoadRecipe(known));
  const std::string foreign = FindForeignTensor(recipe, checkpoint);
  if (foreign.empty()) return Choice{known, absl::StrCat("config.json names ", *name)};
  return Choice{kNone, absl::StrCat(known, ", for ", *name, ", has no rule for \"", foreign, "\"")};
}

absl::Status CheckCanBeCast(const Checkpoint& checkpoint, DType to) {
  std::set<DType> scaled;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    const DType dtype = tensor.tensor.spec().dtype;
    if (IsFloatingPoint(dtype) && ItemSize(dtype) == 1) scaled.insert(dtype);
  }
  if (scaled.empty()) return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat("--dtype=", DTypeName(to), ": ", checkpoint.path, " holds tensors of ",
                   absl::StrJoin(scaled, ", ", [](std::string* out, DType dtype) { absl::StrAppend(out, DTypeName(dtype)); }),
                   ", which are not cast, for without their scales the values mean nothing; leave --dtype out to keep them as they are"));
}

void SetDType(const std::optional<DType>& dtype, Recipe& recipe) {
  for (Recipe::Section& section : *recipe.mutable_sections()) {
    section.clear_cast();
    if (!dtype.has_value()) continue;
    section.mutable_cast()->set_dtype(std::string(DTypeName(*dtype)));
    section.mutable_cast()->set_floating_point_only(true);
  }
}

}  // namespace

absl::StatusOr<Consolidation> ChooseConsolidation(const Checkpoint& checkpoint, const std::string& recipe_name,
                                                  std::optional<DType> dtype) {
  ASSIGN_OR_RETURN(const Choice choice, (recipe_name.empty() ? DefaultRecipe(checkpoint) : Choice{recipe_name, "as --recipe says"}));
  Consolidation consolidation{.recipe = {}, .recipe_name = choice.recipe, .reason = choice.reason, .is_copy = choice.recipe == kNone};
  ASSIGN_OR_RETURN(consolidation.recipe, consolidation.is_copy ? CopyRecipe(checkpoint) : LoadRecipe(choice.recipe));
  if (dtype.has_value()) {
    RETURN_IF_ERROR(CheckCanBeCast(checkpoint, *dtype));
  }
  SetDType(dtype, consolidation.recipe);
  return consolidation;
}

}  // namespace weighbridge
