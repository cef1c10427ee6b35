#ifndef WEIGHBRIDGE_RECIPE_COMPILE_TESTING_H_
#define WEIGHBRIDGE_RECIPE_COMPILE_TESTING_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "proto/recipe.pb.h"
#include "recipe/compile.h"

namespace weighbridge {

// For tests: one source tensor of zeros.
struct Zeros {
  std::string name;
  TensorSpec spec;
  std::string tensor_name;
};

// A checkpoint at ID.bin with these tensors, and with these files beside it, by name. Facts are not read from them.
PlanSource MakeSource(const std::string& id, const std::vector<Zeros>& tensors, Facts facts = {},
                      const std::map<std::string, std::string>& files = {});

// The bytes of a tokenizer.model with these pieces, the first of them the unknown one.
std::string TokenizerModel(const std::vector<std::string>& pieces);

// A recipe called "test" from the rest of its text.
Recipe ParseRecipe(const std::string& text);
absl::StatusOr<Plan> CompileText(const std::string& text, const std::vector<PlanSource>& sources, const CompileOptions& options = {});

// "NAME = EXPRESSION (TENSOR_NAME)".
std::vector<std::string> Outputs(const Plan& plan);
// "SOURCE/NAME: REASON".
std::vector<std::string> Dropped(const Plan& plan);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_COMPILE_TESTING_H_
