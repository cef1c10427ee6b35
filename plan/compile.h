#ifndef WEIGHBRIDGE_PLAN_COMPILE_H_
#define WEIGHBRIDGE_PLAN_COMPILE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/plan.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// Checks what can be checked of a recipe without any source: ids, terms, patterns, references. InvalidArgument, naming the rule.
absl::Status ValidateRecipe(const Recipe& recipe);

// How many rows of zeros the step add_token_rows appends, and below which row (recipe.proto; reference_pipeline.md D.4, H 7).
struct PadRows {
  enum class Mode {
    // One below those of the tokenizer's tokens. FailedPrecondition where the tokenizer knows the new token already (there the reference
    // zeroes whole matrices) and where the source has no tokenizer.model; the message says what to do.
    kAuto,
    // As kAuto, and with a tokenizer that knows the token all rows are zero, as the reference leaves them.
    kReference,
    // `count` below those of the tokenizer's tokens, or below all rows of the matrix where the source has no tokenizer.
    kCount,
  };
  Mode mode = Mode::kAuto;
  int64_t count = 0;
};

struct CompileOptions {
  PadRows pad_rows;
};

// Applies the recipe to the sources: the second table, complete and checked, without reading a single element.
//
// InvalidArgument: the recipe does not pass ValidateRecipe. NotFound: a source, a tensor, or a config value that the recipe wants is
// missing. FailedPrecondition: a tensor has another shape than the recipe says, two rules make the same output, or a source tensor is
// neither used nor dropped (complete accounting). Unimplemented: a step that expressions cannot do. Every message names source file, tensor
// and rule, and ends with the recipe's own explanation where it has one. Deterministic: the first failure in rule order is reported.
//
// A source that is a plan counts as the checkpoint that it would make: its outputs are the tensors, its facts the config values;
// expressions are inlined. Accounting is of the checkpoints behind it: what only a dropped output of it reads is dropped for that reason.
absl::StatusOr<Plan> Compile(const Recipe& recipe, std::vector<PlanSource> sources, const CompileOptions& options = {});

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_PLAN_COMPILE_H_
