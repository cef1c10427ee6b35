#ifndef WEIGHBRIDGE_RECIPE_SOURCE_VIEW_H_
#define WEIGHBRIDGE_RECIPE_SOURCE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/directory/read_tokenizer.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// A source as a recipe looks at it, whether it is a checkpoint or a plan: the tensors below its subtree, by the rest of their name, its
// config values and the files beside it. Keeps account of which tensors are used. Not thread-safe.
class SourceView {
 public:
  struct Row {
    std::string name;         // Below the subtree: as the recipe calls it.
    std::string stored_name;  // In the source.
    ExprPtr expr;             // Reads the stored tensor, or is what the plan makes.
    std::string tensor_name;  // As CheckpointTensor::tensor_name.
    bool used = false;
  };

  // NotFound when the recipe wants a subtree or a config.json and the source has none. The recipe's source must outlive the view.
  static absl::StatusOr<SourceView> Create(const Recipe::Source& recipe_source, PlanSource source);

  const PlanSource& source() const { return source_; }
  // For messages: `source "vicuna" (PATH)`.
  std::string Describe() const;
  // Of the checkpoint, as the user gave it; empty for a plan.
  std::string Path() const;

  // The tensors below the subtree, in the source's order.
  absl::Span<const Row> rows() const { return rows_; }
  // The position of the tensor of that name among rows(), or -1.
  int64_t Find(absl::string_view name) const;
  // Marks the row as used and gives its expression.
  ExprPtr Use(int64_t row);
  // Those outside, in the source's order.
  absl::Span<const Row> outside() const { return outside_; }

  // A config value. NotFound, naming the config file and where below another key the value lies, when there is none of that key.
  absl::StatusOr<FactValue> Fact(absl::string_view key) const;
  // As Fact; FailedPrecondition when it is no integer. "tensors" is the number of tensors in the whole source.
  absl::StatusOr<int64_t> Integer(absl::string_view key) const;
  // Of a tensor among rows(), which does not count as used for that. NotFound when there is none of that name, FailedPrecondition when it
  // has no such axis.
  absl::StatusOr<int64_t> Extent(absl::string_view name, int64_t axis) const;
  bool HasFact(absl::string_view key) const;
  // Whether the config has the value `true` there.
  bool IsTrue(absl::string_view key) const;

  // Config and tokenizer files, in the order of Plan::companions.
  absl::Span<const Companion> companions() const { return companions_; }
  // Read from them when it is asked for first; fails as ReadTokenizer.
  const absl::StatusOr<Tokenizer>& tokenizer() const;

 private:
  SourceView(const Recipe::Source& recipe_source, PlanSource source) : recipe_source_(&recipe_source), source_(std::move(source)) {}

  void AddRow(std::string stored_name, ExprPtr expr, std::string tensor_name);
  void AddRowsAndCompanions();
  const Facts& facts() const { return source_.plan != nullptr ? source_.plan->facts : source_.checkpoint->facts; }
  std::string ConfigPath() const;
  // Why there is no value of that key.
  absl::Status NoFact(absl::string_view key) const;

  const Recipe::Source* recipe_source_;
  PlanSource source_;
  std::vector<Row> rows_;
  std::vector<Row> outside_;
  std::vector<Companion> companions_;
  absl::flat_hash_map<std::string, size_t> index_;
  mutable absl::flat_hash_map<std::string, absl::Status> missing_;  // NoFact of the keys that were asked for.
  mutable std::optional<absl::StatusOr<Tokenizer>> tokenizer_;
};

// All sources of a recipe, by id.
using SourceViews = std::map<std::string, SourceView, std::less<>>;

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_SOURCE_VIEW_H_
