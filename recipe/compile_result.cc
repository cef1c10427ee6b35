#include "recipe/compile_result.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/read_facts.h"
#include "formats/json/json_members.h"
#include "formats/json/python_numbers.h"
#include "formats/json/quote_json.h"
#include "formats/read_limits.h"
#include "proto/recipe.pb.h"
#include "recipe/compile_budget.h"
#include "recipe/compile_scope.h"
#include "recipe/source_view.h"

namespace weighbridge {
namespace {

using Role = CheckpointFile::Role;

constexpr char kConfig[] = "config.json";
constexpr char kGenerationConfig[] = "generation_config.json";

const Companion* FindCompanion(const SourceView& source, absl::string_view name) {
  const auto found = std::find_if(source.companions().begin(), source.companions().end(),
                                  [&](const Companion& companion) { return companion.name == name; });
  return found == source.companions().end() ? nullptr : &*found;
}

absl::StatusOr<JsonMembers> ReadMembers(const ByteSource& file) {
  const ReadLimits limits;
  ASSIGN_OR_RETURN(std::string text, ReadAll(file, limits.json_bytes));
  const absl::Status status = QuotePythonNumbers(text);
  absl::StatusOr<JsonMembers> members = status.ok() ? ParseJsonMembers(text, limits.nesting) : status;
  if (!members.ok()) return Annotate(members.status(), absl::StrCat("reading ", file.name()));
  return members;
}

// Leaves out what has its value in `omitted`.
void Omit(const JsonMembers& omitted, JsonMembers& members) {
  std::erase_if(members, [&](const auto& member) {
    const auto found = omitted.find(member.first);
    return found != omitted.end() && SameJsonValue(found->second, member.second);
  });
}

absl::StatusOr<int64_t> FindExtent(const Recipe::Extent& extent, const Plan& plan, CompileBudget& budget) {
  RETURN_IF_ERROR(budget.ChargeWork(static_cast<int64_t>(plan.outputs.size())));
  const auto output =
      std::find_if(plan.outputs.begin(), plan.outputs.end(), [&](const PlannedTensor& other) { return other.name == extent.tensor(); });
  if (output == plan.outputs.end()) {
    return absl::NotFoundError(absl::StrCat("there is no output \"", extent.tensor(), "\" to give \"", extent.key(), "\" in ", kConfig));
  }
  const Shape& shape = output->expr->spec().shape;
  if (extent.axis() < static_cast<int64_t>(shape.size())) return shape[extent.axis()];
  return absl::FailedPreconditionError(
      absl::StrCat("the output \"", extent.tensor(), "\" has no axis ", extent.axis(), " to give \"", extent.key(), "\" in ", kConfig));
}

absl::StatusOr<JsonMembers> MakeConfig(const CheckedRecipe& recipe, const SourceView& source, const ByteSource& file, const Plan& plan,
                                       CompileBudget& budget) {
  const Recipe::Config& rule = recipe.recipe->result().config();
  ASSIGN_OR_RETURN(JsonMembers members, ReadMembers(file));
  members.insert(recipe.config.defaults.begin(), recipe.config.defaults.end());
  for (const auto& [key, value] : recipe.config.values) members.insert_or_assign(key, value);
  for (const Recipe::Extent& extent : rule.extents()) {
    ASSIGN_OR_RETURN(const int64_t value, FindExtent(extent, plan, budget));
    members.insert_or_assign(extent.key(), absl::StrCat(value));
  }
  if (!rule.path_key().empty() && !source.Path().empty()) {
    ASSIGN_OR_RETURN(const std::string path, QuoteJson(source.Path()));
    members.insert_or_assign(rule.path_key(), path);
  }
  Omit(recipe.config.omitted, members);
  return members;
}

// `read` is what the source has, or an error; `made_config` is the result's config.json.
JsonMembers MakeGenerationConfig(const CheckedConfig& config, const JsonMembers& made_config, absl::StatusOr<JsonMembers> read) {
  JsonMembers members;
  if (read.ok()) {
    members = *std::move(read);
  } else {
    members = config.generation_made;
    for (const auto& [key, value] : made_config) {
      if (config.generation_defaults.contains(key)) members.emplace(key, value);
    }
  }
  Omit(config.generation_defaults, members);
  for (const auto& [key, value] : config.generation) members.insert_or_assign(key, value);
  return members;
}

void AddMade(const char* name, const JsonMembers& members, Plan& plan) {
  plan.companions.push_back(
      {.role = Role::kConfig, .name = name, .bytes = MakeMemorySource(name, UnquotePythonNumbers(WriteJsonMembers(members)))});
}

bool ChangesGenerationConfig(const Recipe::Config& config) {
  return !config.generation_defaults_json().empty() || !config.generation_json().empty() || !config.generation_made_json().empty();
}

absl::Status AddGenerationConfig(const CheckedRecipe& recipe, const JsonMembers& made_config, const SourceView& source, Plan& plan) {
  const Companion* file = FindCompanion(source, kGenerationConfig);
  if (!ChangesGenerationConfig(recipe.recipe->result().config())) {
    if (file != nullptr) plan.companions.push_back(*file);
    return absl::OkStatus();
  }
  absl::StatusOr<JsonMembers> read = file == nullptr ? absl::NotFoundError("") : ReadMembers(*file->bytes);
  if (!read.ok() && file != nullptr) {
    // transformers goes on as without it.
    if (!absl::IsDataLoss(read.status())) return read.status();
    plan.remarks.push_back(absl::StrCat(read.status().message(), "; it is passed over, and the result's is made of ", kConfig));
  }
  AddMade(kGenerationConfig, MakeGenerationConfig(recipe.config, made_config, std::move(read)), plan);
  return absl::OkStatus();
}

absl::Status AddConfig(const CheckedRecipe& recipe, const SourceView& source, CompileBudget& budget, Plan& plan) {
  const Companion* file = FindCompanion(source, kConfig);
  if (file == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(JsonMembers members, MakeConfig(recipe, source, *file->bytes, plan, budget));
  AddMade(kConfig, members, plan);
  ASSIGN_OR_RETURN(plan.facts, ReadFacts(*plan.companions.back().bytes, ReadLimits()));
  return AddGenerationConfig(recipe, members, source, plan);
}

absl::Status AddModule(const CheckedModule& module, const CompileScope& scope, ModuleVersions& versions);

// The module and those below it, once.
absl::Status AddModuleTree(const CheckedModule& module, const CompileScope& scope, ModuleVersions& versions) {
  ASSIGN_OR_RETURN(std::string name, scope.Expand(module.name));
  RETURN_IF_ERROR(scope.budget().ChargeModule(name),
                  Annotate(_, absl::StrCat("module \"", absl::string_view(module.name.text()).substr(0, kRuleShown), "\"")));
  versions.push_back({.module = std::move(name), .version = module.rule->version()});
  for (const CheckedModule& below : module.modules) {
    RETURN_IF_ERROR(AddModule(below, scope, versions));
  }
  return absl::OkStatus();
}

absl::Status AddModule(const CheckedModule& module, const CompileScope& scope, ModuleVersions& versions) {
  if (!module.count.has_value()) return AddModuleTree(module, scope, versions);
  CompileScope counted = scope.Over(module.rule->count_from());
  ASSIGN_OR_RETURN(int64_t count, counted.Evaluate(*module.count));
  RETURN_IF_ERROR(counted.budget().CheckModules(count),
                  Annotate(_, absl::StrCat("module \"", absl::string_view(module.name.text()).substr(0, kRuleShown), "\": count \"",
                                           module.count->text(), "\" is ", count)));
  for (int64_t i = 0; i < count; ++i) {
    counted.variables["i"] = i;
    RETURN_IF_ERROR(AddModuleTree(module, counted, versions));
  }
  return absl::OkStatus();
}

absl::Status AddModules(const CheckedRecipe& recipe, SourceViews& views, CompileBudget& budget, Plan& plan) {
  if (const std::string& from = recipe.recipe->result().modules_from(); !from.empty()) {
    const PlanSource& source = views.at(from).source();
    plan.module_versions = source.plan != nullptr ? source.plan->module_versions : source.checkpoint->module_versions;
  }
  if (recipe.modules.empty()) return absl::OkStatus();
  plan.module_versions.emplace();
  const CompileScope scope(views, views.begin()->first, budget);
  for (const CheckedModule& module : recipe.modules) {
    RETURN_IF_ERROR(AddModule(module, scope, *plan.module_versions));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MakeResult(const CheckedRecipe& recipe, SourceViews& views, CompileBudget& budget, Plan& plan) {
  const Recipe::Result& result = recipe.recipe->result();
  if (result.has_config()) {
    RETURN_IF_ERROR(AddConfig(recipe, views.at(result.config().source()), budget, plan));
  }
  if (!result.tokenizer_from().empty()) {
    for (const Companion& companion : views.at(result.tokenizer_from()).companions()) {
      if (companion.role == Role::kTokenizer) plan.companions.push_back(companion);
    }
  }
  return AddModules(recipe, views, budget, plan);
}

}  // namespace weighbridge
