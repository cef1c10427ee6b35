#include "plan/compile.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "formats/tensor_spec.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "plan/expr.h"
#include "plan/pattern.h"
#include "plan/plan.h"
#include "plan/source_view.h"
#include "plan/term.h"
#include "proto/recipe.pb.h"

namespace weighbridge {
namespace {

using Steps = google::protobuf::RepeatedPtrField<Recipe::Step>;
using Texts = google::protobuf::RepeatedPtrField<std::string>;
using Variables = std::map<std::string, int64_t, std::less<>>;

// How many names a message lists before it says how many more there are.
constexpr size_t kNamesShown = 5;

absl::Status Annotate(const absl::Status& status, absl::string_view before) {
  return absl::Status(status.code(), absl::StrCat(before, ": ", status.message()));
}

// The recipe's own explanation, as the end of a message.
std::string Explanation(absl::string_view text) {
  return text.empty() ? "" : absl::StrCat(". ", text);
}

class Compiler {
 public:
  explicit Compiler(const Recipe& recipe) : recipe_(recipe) {}

  absl::StatusOr<Plan> Run(std::vector<PlanSource> sources) {
    absl::Status status = OpenSources(sources);
    for (const Recipe::Section& section : recipe_.sections()) {
      if (status.ok()) status = section.takes().empty() ? CompileEntries(section) : CompileTakes(section);
    }
    if (status.ok()) status = Account();
    if (!status.ok()) return Annotate(status, absl::StrCat("recipe \"", recipe_.name(), "\""));
    plan_.recipe = recipe_;
    plan_.sources = std::move(sources);
    return std::move(plan_);
  }

 private:
  // A section, its source, and the values of names that terms may use beside config values.
  struct Scope {
    const Recipe::Section& section;
    SourceView& source;
    Variables variables;
  };

  // Orders `sources` as the recipe does and makes a view of each.
  absl::Status OpenSources(std::vector<PlanSource>& sources) {
    std::vector<PlanSource> ordered;
    for (const Recipe::Source& source : recipe_.sources()) {
      for (const PlanSource& given : sources) {
        if (given.id == source.id()) ordered.push_back(given);
      }
      if (ordered.empty() || ordered.back().id != source.id()) {
        return absl::NotFoundError(absl::StrCat("source \"", source.id(), "\" is missing; wanted is ", source.description()));
      }
      absl::StatusOr<SourceView> view = SourceView::Create(source, ordered.back());
      if (!view.ok()) return view.status();
      views_.emplace(source.id(), *std::move(view));
    }
    if (ordered.size() != sources.size()) {
      return absl::InvalidArgumentError(absl::StrCat("wanted are ", ordered.size(), " sources, each once; given are ", sources.size()));
    }
    sources = std::move(ordered);
    return absl::OkStatus();
  }

  // "ID.KEY" is a config value of another source; other names are variables first, then config values of this one.
  absl::StatusOr<int64_t> Value(const Scope& scope, absl::string_view name) const {
    if (const auto found = scope.variables.find(name); found != scope.variables.end()) return found->second;
    if (const size_t dot = name.find('.'); dot != absl::string_view::npos) {
      if (const auto view = views_.find(name.substr(0, dot)); view != views_.end()) return view->second.Integer(name.substr(dot + 1));
    }
    return scope.source.Integer(name);
  }

  absl::StatusOr<std::string> Expand(const Scope& scope, absl::string_view text) const {
    return ExpandTerms(text, [&](absl::string_view name) { return Value(scope, name); });
  }

  absl::StatusOr<int64_t> Evaluate(const Scope& scope, absl::string_view term) const {
    return EvaluateTerm(term, [&](absl::string_view name) { return Value(scope, name); });
  }

  absl::Status CheckShape(const Scope& scope, const Texts& wanted, const Shape& found) const {
    if (wanted.empty()) return absl::OkStatus();
    bool fits = found.size() == static_cast<size_t>(wanted.size());
    std::vector<std::string> extents;
    for (int k = 0; k < wanted.size(); ++k) {
      if (wanted[k] == "?") {
        extents.push_back("?");
        continue;
      }
      absl::StatusOr<int64_t> extent = Evaluate(scope, wanted[k]);
      if (!extent.ok()) return extent.status();
      extents.push_back(absl::StrCat(*extent));
      fits = fits && found[k] == *extent;
    }
    if (fits) return absl::OkStatus();
    const std::string terms = absl::StrJoin(wanted, ", ");
    const std::string values = absl::StrJoin(extents, ", ");
    return absl::FailedPreconditionError(absl::StrCat("its shape is ", ShapeToString(found), ", wanted is [", terms, "]",
                                                      terms == values ? "" : absl::StrCat(" = [", values, "] by the config")));
  }

  absl::StatusOr<DType> ConfiguredDType(const SourceView& source, const Recipe::ConfigDType& config) const {
    std::string name = config.otherwise();
    std::string from = "the recipe";
    for (const std::string& key : config.keys()) {
      if (!source.HasFact(key)) continue;
      const FactValue value = *source.Fact(key);
      from = absl::StrCat("\"", key, "\" of the config");
      const auto* text = std::get_if<std::string>(&value);
      if (text == nullptr) return absl::FailedPreconditionError(absl::StrCat(from, " is no text"));
      name = *text;
      break;
    }
    bool allowed = config.allowed().empty();
    for (const std::string& known : config.allowed()) allowed |= known == name;
    const std::optional<DType> dtype = ParseDType(name);
    if (!dtype.has_value() || !allowed) {
      return absl::FailedPreconditionError(
          absl::StrCat("the dtype \"", name, "\" by ", from, " is none of ", absl::StrJoin(config.allowed(), ", ")));
    }
    return *dtype;
  }

  absl::StatusOr<ExprPtr> ApplyCast(const SourceView& source, const Recipe::Cast& cast, const ExprPtr& expr) const {
    if (cast.to_case() == Recipe::Cast::kDtype) return Cast(expr, *ParseDType(cast.dtype()));
    absl::StatusOr<DType> dtype = ConfiguredDType(source, cast.config());
    if (!dtype.ok()) return dtype.status();
    return Cast(expr, *dtype);
  }

  static absl::StatusOr<ExprPtr> Transpose(const ExprPtr& expr) {
    if (expr->spec().shape.size() == 2) return Permute(expr, {1, 0});
    return absl::FailedPreconditionError(absl::StrCat("its shape is ", ShapeToString(expr->spec().shape), "; only a matrix is transposed"));
  }

  // The expression of the row: the section's cast, then its own steps.
  absl::StatusOr<ExprPtr> Apply(const Scope& scope, const Steps& steps, int64_t row) const {
    absl::StatusOr<ExprPtr> expr = scope.source.Use(row);
    if (scope.section.has_cast()) expr = ApplyCast(scope.source, scope.section.cast(), *expr);
    for (const Recipe::Step& step : steps) {
      if (!expr.ok()) break;
      expr = step.has_transpose() ? Transpose(*expr) : ApplyCast(scope.source, step.cast(), *expr);
    }
    return expr;
  }

  // Appends the output `name`; `explanation` is what it means when something else made it already.
  absl::Status AddOutput(std::string name, ExprPtr expr, std::string tensor_name, absl::string_view explanation) {
    const auto [made, is_new] = made_.emplace(name, plan_.outputs.size());
    if (!is_new) {
      return absl::FailedPreconditionError(absl::StrCat("the output \"", name, "\" is made twice, from ",
                                                        ToString(*plan_.outputs[made->second].expr), " and from ", ToString(*expr),
                                                        Explanation(explanation)));
    }
    plan_.outputs.push_back({.name = std::move(name), .expr = std::move(expr), .tensor_name = std::move(tensor_name)});
    return absl::OkStatus();
  }

  absl::Status CompileTensor(const Scope& scope, const Recipe::Tensor& tensor) {
    absl::StatusOr<std::string> from = Expand(scope, tensor.from());
    absl::StatusOr<std::string> to = Expand(scope, tensor.to());
    absl::StatusOr<std::string> tensor_name = Expand(scope, tensor.tensor_name());
    for (const auto* text : {&from, &to, &tensor_name}) {
      if (!text->ok()) return text->status();
    }
    SourceView& source = scope.source;
    const int64_t row = source.Find(*from);
    if (row < 0) {
      return absl::NotFoundError(absl::StrCat(source.Describe(), ": tensor \"", *from, "\" is missing; \"", *to, "\" is made of it",
                                              Explanation(tensor.if_missing())));
    }
    const std::string where = absl::StrCat(source.Describe(), ": tensor \"", *from, "\"");
    if (absl::Status status = CheckShape(scope, tensor.shape(), source.rows()[row].tensor->tensor.spec().shape); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(where, ": ", status.message(), Explanation(tensor.if_shape_differs())));
    }
    absl::StatusOr<ExprPtr> expr = Apply(scope, tensor.steps(), row);
    if (!expr.ok()) return Annotate(expr.status(), where);
    return AddOutput(*std::move(to), *std::move(expr), *std::move(tensor_name), "");
  }

  absl::Status CompileLayers(Scope& scope, const Recipe::Layers& layers) {
    absl::StatusOr<int64_t> count = Evaluate(scope, layers.count());
    if (!count.ok()) return count.status();
    for (int64_t i = 0; i < *count; ++i) {
      scope.variables["i"] = i;
      for (const Recipe::Tensor& tensor : layers.tensors()) {
        if (absl::Status status = CompileTensor(scope, tensor); !status.ok()) return status;
      }
    }
    scope.variables.erase("i");
    return absl::OkStatus();
  }

  absl::Status CompileEntries(const Recipe::Section& section) {
    Scope scope{.section = section, .source = views_.at(section.source()), .variables = {}};
    for (const Recipe::Entry& entry : section.entries()) {
      absl::Status status = entry.has_tensor() ? CompileTensor(scope, entry.tensor()) : CompileLayers(scope, entry.layers());
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  static bool Matches(const Recipe::Take& take, const SourceView::Row& row) {
    if (take.has_rank() && row.tensor->tensor.spec().shape.size() != static_cast<size_t>(take.rank())) return false;
    return MatchesPattern(take.match(), row.name);
  }

  absl::Status CompileTaken(const Scope& scope, const Recipe::Take& take, int64_t row) {
    SourceView& source = scope.source;
    const CheckpointTensor& stored = *source.rows()[row].tensor;
    const std::string where = absl::StrCat(source.Describe(), ": tensor \"", stored.name, "\"");
    if (absl::Status status = CheckShape(scope, take.shape(), stored.tensor.spec().shape); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(where, ": ", status.message(), Explanation(take.if_shape_differs())));
    }
    std::string name = source.rows()[row].name;
    for (const Recipe::Replacement& replacement : take.replacements()) {
      name = absl::StrReplaceAll(name, {{replacement.text(), replacement.with()}});
    }
    const bool keeps_name = take.keep_tensor_name() && !stored.tensor_name.empty();
    absl::StatusOr<std::string> tensor_name = keeps_name ? stored.tensor_name : Expand(scope, take.tensor_name());
    if (!tensor_name.ok()) return tensor_name.status();
    absl::StatusOr<ExprPtr> expr = Apply(scope, take.steps(), row);
    if (!expr.ok()) return Annotate(expr.status(), where);
    return AddOutput(std::move(name), *std::move(expr), *std::move(tensor_name), take.if_made_twice());
  }

  absl::Status CompileTakes(const Recipe::Section& section) {
    Scope scope{.section = section, .source = views_.at(section.source()), .variables = {}};
    std::vector<int64_t> matched(section.takes_size());
    int64_t taken = 0;
    for (int64_t row = 0; row < static_cast<int64_t>(scope.source.rows().size()); ++row) {
      int k = 0;
      while (k < section.takes_size() && !Matches(section.takes(k), scope.source.rows()[row])) ++k;
      if (k == section.takes_size()) continue;
      scope.variables = {{"position", row}, {"taken", taken++}, {"matched", matched[k]++}};
      if (absl::Status status = CompileTaken(scope, section.takes(k), row); !status.ok()) return status;
    }
    for (int k = 0; k < section.takes_size(); ++k) {
      if (absl::Status status = CheckCount(scope, section.takes(k), matched[k]); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status CheckCount(const Scope& scope, const Recipe::Take& take, int64_t matched) const {
    std::string wanted = "at least one";
    if (!take.count().empty()) {
      absl::StatusOr<int64_t> count = Evaluate(scope, take.count());
      if (!count.ok()) return count.status();
      if (*count == matched) return absl::OkStatus();
      wanted = absl::StrCat(take.count(), " = ", *count);
    } else if (matched > 0 || take.may_be_absent()) {
      return absl::OkStatus();
    }
    return absl::NotFoundError(absl::StrCat(scope.source.Describe(), ": ", matched, " tensors match \"", take.match(), "\", wanted is ",
                                            wanted, Explanation(take.if_count_differs())));
  }

  void AddDropped(const std::string& source, const CheckpointTensor& tensor, const std::string& reason) {
    plan_.dropped.push_back({.source = source, .name = tensor.name, .spec = tensor.tensor.spec(), .reason = reason});
  }

  const Recipe::Drop* FindDrop(const std::string& source, absl::string_view name) const {
    for (const Recipe::Drop& drop : recipe_.drops()) {
      if (drop.source() == source && MatchesPattern(drop.match(), name)) return &drop;
    }
    return nullptr;
  }

  // Complete accounting: every source tensor is used or dropped by name.
  absl::Status Account() {
    for (const Recipe::Source& source : recipe_.sources()) {
      const SourceView& view = views_.at(source.id());
      std::vector<std::string> unaccounted;
      for (const SourceView::Row& row : view.rows()) {
        if (row.used) {
          ++plan_.used;
        } else if (const Recipe::Drop* drop = FindDrop(source.id(), row.name); drop != nullptr) {
          AddDropped(source.id(), *row.tensor, drop->reason());
        } else {
          unaccounted.push_back(absl::StrCat("\"", row.tensor->name, "\" ", ToString(row.tensor->tensor.spec())));
        }
      }
      if (!unaccounted.empty()) return UnaccountedError(view, unaccounted);
      for (const CheckpointTensor* tensor : view.outside()) AddDropped(source.id(), *tensor, source.outside_reason());
    }
    return absl::OkStatus();
  }

  static absl::Status UnaccountedError(const SourceView& view, std::vector<std::string> names) {
    const size_t count = names.size();
    if (count > kNamesShown) names.resize(kNamesShown);
    const std::string more = count > kNamesShown ? absl::StrCat(" and ", count - kNamesShown, " more") : "";
    return absl::FailedPreconditionError(absl::StrCat(
        view.Describe(), ": ", count == 1 ? "tensor " : absl::StrCat(count, " tensors, "), absl::StrJoin(names, ", "), more,
        count == 1 ? ", is" : ", are", " neither used nor dropped; a copy of the recipe with a rule or a drop for it says what is meant"));
  }

  const Recipe& recipe_;
  std::map<std::string, SourceView, std::less<>> views_;
  absl::flat_hash_map<std::string, size_t> made_;
  Plan plan_;
};

}  // namespace

absl::StatusOr<Plan> Compile(const Recipe& recipe, std::vector<PlanSource> sources, const CompileOptions& /*options*/) {
  if (absl::Status status = ValidateRecipe(recipe); !status.ok()) return status;
  return Compiler(recipe).Run(std::move(sources));
}

}  // namespace weighbridge
