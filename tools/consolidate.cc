#include "tools/consolidate.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/checkpoint_layout.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"
#include "recipe/foreign_tensor.h"
#include "recipes/recipes.h"
#include "tools/conversion.h"

namespace weighbridge {
namespace {

constexpr char kSource[] = "model";
constexpr char kNone[] = "none";

// All tensors of the source as they are, in its order.
Recipe CopyRecipe(const Checkpoint& checkpoint) {
  Recipe recipe;
  recipe.set_name("consolidated");
  recipe.set_description("all tensors of a checkpoint in one file");
  recipe.add_sources()->set_id(kSource);
  recipe.mutable_sources(0)->set_description("the checkpoint: a file, a shard index or a folder");
  recipe.add_sections()->set_source(kSource);
  Recipe::Take* take = recipe.mutable_sections(0)->add_takes();
  take->set_match("*");
  take->set_keep_tensor_name(true);
  take->set_may_be_absent(true);
  recipe.mutable_result()->set_modules_from(kSource);
  // safetensors say it themselves, or do not.
  if (checkpoint.is_ordered) recipe.mutable_result()->set_framework(checkpoint.format == "pdparams" ? "np" : "pt");
  return recipe;
}

// A recipe, or kNone, and why it is that one.
struct Choice {
  std::string recipe;
  std::string reason;
};

// The embedded recipe for the architecture where it is made for such tensors: a quantized LLaMA is a LlamaForCausalLM by its config too.
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

WeightsFormat FormatByName(const std::string& output) {
  if (absl::EndsWith(output, ".safetensors")) return WeightsFormat::kSafetensors;
  if (absl::EndsWith(output, ".pdparams")) return WeightsFormat::kPdparams;
  return WeightsFormat::kTorch;
}

// The values of these types mean something only together with scales, which a cast would not touch.
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

absl::StatusOr<bool> Consolidate(const ConsolidateOptions& options, std::ostream& out) {
  if (options.model.empty()) return absl::InvalidArgumentError("--model=CHECKPOINT is missing");
  if (options.output.empty()) return absl::InvalidArgumentError("--output=FILE is missing");
  ASSIGN_OR_RETURN(Checkpoint model, OpenCheckpoint(options.model));
  ASSIGN_OR_RETURN(const Choice choice, (options.recipe.empty() ? DefaultRecipe(model) : Choice{options.recipe, "as --recipe says"}));
  const bool is_copy = choice.recipe == kNone;
  ASSIGN_OR_RETURN(Recipe recipe, is_copy ? CopyRecipe(model) : LoadRecipe(choice.recipe));
  RETURN_IF_ERROR(CheckParameters(options.conversion.parameters, {recipe}));
  if (options.dtype.has_value()) {
    RETURN_IF_ERROR(CheckCanBeCast(model, *options.dtype));
  }
  SetDType(options.dtype, recipe);

  ConversionOptions conversion = options.conversion;
  conversion.remarks.push_back(absl::StrCat("recipe: ", choice.recipe, is_copy ? ", all tensors as they are (" : " (", choice.reason, ")"));
  if (!conversion.format.has_value()) conversion.format = FormatByName(options.output);
  const std::filesystem::path folder = std::filesystem::path(options.output).parent_path();
  conversion.folder = folder.empty() ? std::string(".") : folder.string();
  conversion.file_name = std::filesystem::path(options.output).filename().string();
  return Convert(recipe, {{.id = kSource, .checkpoint = std::make_shared<const Checkpoint>(std::move(model))}}, conversion, out);
}

}  // namespace weighbridge
