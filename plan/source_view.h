#ifndef WEIGHBRIDGE_PLAN_SOURCE_VIEW_H_
#define WEIGHBRIDGE_PLAN_SOURCE_VIEW_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/checkpoint.h"
#include "plan/expr.h"
#include "plan/plan.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// A checkpoint as a recipe looks at it: the tensors below its subtree, by the rest of their name, and its config values. Keeps account of
// which of them are used. The checkpoint and the recipe's source must outlive the view.
class SourceView {
 public:
  struct Row {
    std::string name;  // Below the subtree.
    const CheckpointTensor* tensor = nullptr;
    bool used = false;
  };

  // NotFound when the recipe wants a subtree or a config.json and the checkpoint has none.
  static absl::StatusOr<SourceView> Create(const Recipe::Source& source, const PlanSource& checkpoint);

  const std::string& id() const { return source_->id(); }
  // For messages: `source "vicuna" (PATH)`.
  std::string Describe() const;

  // In file order.
  absl::Span<const Row> rows() const { return rows_; }
  // The position of the tensor of that name among rows(), or -1.
  int64_t Find(absl::string_view name) const;
  // Marks the row as used and gives an expression that reads it.
  ExprPtr Use(int64_t row);
  // Tensors outside the subtree, in file order.
  absl::Span<const CheckpointTensor* const> outside() const { return outside_; }

  // A config value. NotFound, naming the config file, when there is none of that key.
  absl::StatusOr<FactValue> Fact(absl::string_view key) const;
  // As Fact; FailedPrecondition when it is no integer. "tensors" is the number of tensors in the whole file.
  absl::StatusOr<int64_t> Integer(absl::string_view key) const;
  bool HasFact(absl::string_view key) const;

 private:
  SourceView(const Recipe::Source& source, std::shared_ptr<const Checkpoint> checkpoint)
      : source_(&source), checkpoint_(std::move(checkpoint)) {}

  const Recipe::Source* source_;
  std::shared_ptr<const Checkpoint> checkpoint_;
  std::vector<Row> rows_;
  std::vector<const CheckpointTensor*> outside_;
  absl::flat_hash_map<std::string, int64_t> index_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_PLAN_SOURCE_VIEW_H_
