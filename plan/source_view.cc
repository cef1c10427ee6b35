#include "plan/source_view.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weighbridge {
namespace {

// The file that gave the facts, for messages.
std::string ConfigPath(const Checkpoint& checkpoint) {
  const auto config = std::find_if(checkpoint.files.begin(), checkpoint.files.end(),
                                   [](const CheckpointFile& file) { return file.role == CheckpointFile::Role::kConfig; });
  return config == checkpoint.files.end() ? "config.json" : config->path;
}

}  // namespace

absl::StatusOr<SourceView> SourceView::Create(const Recipe::Source& source, const PlanSource& checkpoint) {
  SourceView view(source, checkpoint.checkpoint);
  const std::string prefix = source.subtree().empty() ? "" : absl::StrCat(source.subtree(), ".");
  for (const CheckpointTensor& tensor : view.checkpoint_->tensors()) {
    if (!absl::StartsWith(tensor.name, prefix)) {
      view.outside_.push_back(&tensor);
      continue;
    }
    view.index_.emplace(tensor.name.substr(prefix.size()), view.rows_.size());
    view.rows_.push_back({.name = tensor.name.substr(prefix.size()), .tensor = &tensor});
  }
  if (!prefix.empty() && view.rows_.empty()) {
    return absl::NotFoundError(
        absl::StrCat(view.Describe(), ": it holds no tensors below the key \"", source.subtree(), "\"; wanted is ", source.description()));
  }
  if (source.needs_config() && view.checkpoint_->facts.empty()) {
    return absl::NotFoundError(absl::StrCat(view.Describe(), ": there is no config.json beside it; wanted is ", source.description()));
  }
  return view;
}

std::string SourceView::Describe() const {
  return absl::StrCat("source \"", source_->id(), "\" (", checkpoint_->path, ")");
}

int64_t SourceView::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? -1 : found->second;
}

ExprPtr SourceView::Use(int64_t row) {
  rows_[row].used = true;
  return Read(absl::StrCat(source_->id(), "/", rows_[row].tensor->name), rows_[row].tensor->tensor);
}

bool SourceView::HasFact(absl::string_view key) const {
  return checkpoint_->facts.contains(std::string(key));
}

absl::StatusOr<FactValue> SourceView::Fact(absl::string_view key) const {
  const auto found = checkpoint_->facts.find(std::string(key));
  if (found != checkpoint_->facts.end()) return found->second;
  return absl::NotFoundError(absl::StrCat(Describe(), ": ", ConfigPath(*checkpoint_), " has no \"", key, "\""));
}

absl::StatusOr<int64_t> SourceView::Integer(absl::string_view key) const {
  if (key == "tensors") return static_cast<int64_t>(checkpoint_->tensors().size());
  absl::StatusOr<FactValue> value = Fact(key);
  if (!value.ok()) return value.status();
  if (const auto* integer = std::get_if<int64_t>(&*value)) return *integer;
  return absl::FailedPreconditionError(absl::StrCat(Describe(), ": \"", key, "\" in ", ConfigPath(*checkpoint_), " is no integer"));
}

}  // namespace weighbridge
