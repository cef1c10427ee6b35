#include "fuzz/expression_targets.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "execute/box.h"
#include "execute/box_testing.h"
#include "execute/normal_form.h"
#include "expr/expr.h"
#include "expr/expr_testing.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

absl::StatusOr<std::string> FuzzNormalForm(const std::string& bytes) {
  size_t used = 0;
  const auto choose = [&](int64_t least, int64_t most) {
    int64_t number = 0;
    for (int64_t rest = most - least; rest > 0; rest >>= 8) {
      number = number << 8 | (used < bytes.size() ? static_cast<uint8_t>(bytes[used++]) : 0);
    }
    return least + number % (most - least + 1);
  };
  TensorSpec spec;
  spec.dtype = AllDTypes()[choose(0, static_cast<int64_t>(AllDTypes().size()) - 1)];
  spec.shape = ChooseShape(choose, 5);
  const auto operations = static_cast<int>(choose(0, 8));
  const ExprPtr expr = ChooseExpr(choose, spec, operations);
  std::string text = absl::StrCat(ToString(spec), ": ", ToString(*expr));
  ASSIGN_OR_RETURN(const std::vector<Box> boxes, Normalize(*expr));
  ASSIGN_OR_RETURN(const std::string made, BytesOfBoxes(boxes, spec), Annotate(_, text));
  if (made != NaiveBytes(*expr)) return absl::InternalError(absl::StrCat(text, ": the boxes make other bytes than the definition"));
  return text;
}

}  // namespace weighbridge
