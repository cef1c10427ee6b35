#include "recipe/source_view.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// How many keys a message lists.
constexpr size_t kNamesShown = 5;

constexpr char kConfig[] = "config.json";

}  // namespace

absl::StatusOr<SourceView> SourceView::Create(const Recipe::Source& recipe_source, PlanSource source) {
  if (source.checkpoint != nullptr) {
    RETURN_IF_ERROR(CheckAllListed(*source.checkpoint), Annotate(_, absl::StrCat("source \"", source.id, "\"")));
  }
  SourceView view(recipe_source, std::move(source));
  view.AddRowsAndCompanions();
  if (!recipe_source.subtree().empty() && view.rows_.empty()) {
    return absl::NotFoundError(absl::StrCat(view.Describe(), ": it holds no tensors below the key \"", recipe_source.subtree(),
                                            "\"; expected ", recipe_source.description()));
  }
  if (recipe_source.needs_config() && view.facts().empty()) {
    const bool has_file =
        std::any_of(view.companions_.begin(), view.companions_.end(), [](const auto& file) { return file.name == kConfig; });
    return absl::NotFoundError(absl::StrCat(view.Describe(), ": ",
                                            has_file ? "its config.json says nothing" : "there is no config.json beside it", "; expected ",
                                            recipe_source.description()));
  }
  return view;
}

void SourceView::AddRow(std::string stored_name, ExprPtr expr, std::string tensor_name) {
  const std::string prefix = recipe_source_->subtree().empty() ? "" : absl::StrCat(recipe_source_->subtree(), ".");
  Row row;
  row.stored_name = std::move(stored_name);
  row.expr = std::move(expr);
  row.tensor_name = std::move(tensor_name);
  if (!absl::StartsWith(row.stored_name, prefix)) {
    row.name = row.stored_name;
    outside_.push_back(std::move(row));
    return;
  }
  row.name = row.stored_name.substr(prefix.size());
  index_.emplace(row.name, rows_.size());
  rows_.push_back(std::move(row));
}

void SourceView::AddRowsAndCompanions() {
  if (source_.plan != nullptr) {
    for (const PlannedTensor& output : source_.plan->outputs) AddRow(output.name, output.expr, output.tensor_name);
    companions_ = source_.plan->companions;
    return;
  }
  for (const CheckpointTensor& tensor : source_.checkpoint->tensors()) {
    AddRow(tensor.name, Read(absl::StrCat(source_.id, "/", tensor.name), {source_.checkpoint, &tensor.tensor}), tensor.tensor_name);
  }
  for (const CheckpointFile& file : source_.checkpoint->files) {
    if (file.role != CheckpointFile::Role::kConfig && file.role != CheckpointFile::Role::kTokenizer) continue;
    companions_.push_back({.role = file.role, .name = file.path.substr(file.path.rfind('/') + 1), .bytes = file.bytes});
  }
}

std::string SourceView::Path() const {
  return source_.plan != nullptr ? "" : source_.checkpoint->path;
}

std::string SourceView::Describe() const {
  const std::string origin = source_.plan != nullptr ? absl::StrCat("made by recipe \"", source_.plan->recipe.name(), "\"") : Path();
  return absl::StrCat("source \"", source_.id, "\" (", origin, ")");
}

int64_t SourceView::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? -1 : static_cast<int64_t>(found->second);
}

ExprPtr SourceView::Use(int64_t row) {
  rows_[row].used = true;
  return rows_[row].expr;
}

bool SourceView::HasFact(absl::string_view key) const {
  return facts().contains(std::string(key));
}

bool SourceView::IsTrue(absl::string_view key) const {
  const auto found = facts().find(std::string(key));
  return found != facts().end() && found->second == FactValue(true);
}

absl::StatusOr<FactValue> SourceView::Fact(absl::string_view key) const {
  const auto found = facts().find(std::string(key));
  if (found != facts().end()) return found->second;
  // A term asks for every layer again, and a config may have millions of values.
  const auto [missing, is_new] = missing_.try_emplace(key);
  if (is_new) missing->second = NoFact(key);
  return missing->second;
}

absl::Status SourceView::NoFact(absl::string_view key) const {
  const std::string suffix = absl::StrCat(".", key);
  std::vector<std::string> below;
  for (const auto& [name, value] : facts()) {
    if (below.size() < kNamesShown && absl::EndsWith(name, suffix)) below.push_back(absl::StrCat("\"", name, "\""));
  }
  const std::string elsewhere = below.empty()
                                    ? ""
                                    : absl::StrCat(" at its top, only ", absl::StrJoin(below, ", "),
                                                   "; expected a config.json of the language model alone, with such values at its top");
  return absl::NotFoundError(absl::StrCat(Describe(), ": ", ConfigPath(), " has no \"", key, "\"", elsewhere));
}

absl::StatusOr<int64_t> SourceView::Extent(absl::string_view name, int64_t axis) const {
  const int64_t row = Find(name);
  if (row < 0) return absl::NotFoundError(absl::StrCat(Describe(), ": tensor \"", name, "\" is missing, of which an extent is asked"));
  const Shape& shape = rows_[row].expr->spec().shape;
  if (axis >= 0 && axis < static_cast<int64_t>(shape.size())) return shape[axis];
  return absl::FailedPreconditionError(absl::StrCat(Describe(), ": tensor \"", rows_[row].stored_name, "\": its shape is ",
                                                    ShapeToString(shape), ", without an axis ", axis));
}

absl::StatusOr<int64_t> SourceView::Integer(absl::string_view key) const {
  if (key == "tensors") return static_cast<int64_t>(rows_.size() + outside_.size());
  ASSIGN_OR_RETURN(FactValue value, Fact(key));
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer;
  return absl::FailedPreconditionError(absl::StrCat(Describe(), ": \"", key, "\" in ", ConfigPath(), " is not an integer"));
}

std::string SourceView::ConfigPath() const {
  const auto config = std::find_if(companions_.begin(), companions_.end(), [](const Companion& file) { return file.name == kConfig; });
  return config == companions_.end() ? kConfig : config->bytes->name();
}

const absl::StatusOr<Tokenizer>& SourceView::tokenizer() const {
  if (tokenizer_.has_value()) return *tokenizer_;
  if (source_.checkpoint != nullptr) return tokenizer_.emplace(ReadTokenizer(*source_.checkpoint));
  Checkpoint made;
  for (const Companion& file : companions_) made.files.push_back({file.role, file.name, file.bytes});
  return tokenizer_.emplace(ReadTokenizer(made));
}

}  // namespace weighbridge
