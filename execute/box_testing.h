#ifndef WEIGHBRIDGE_EXECUTE_BOX_TESTING_H_
#define WEIGHBRIDGE_EXECUTE_BOX_TESTING_H_

#include <random>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "execute/box.h"
#include "expr/expr.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// For tests: the bytes of a tensor of that spec as its boxes say, loop by loop and element by element. Slow. Internal, saying what is
// wrong, when they do not make each of its elements exactly once, when loops overlap, or when a leaf lies outside its source.
absl::StatusOr<std::string> BytesOfBoxes(absl::Span<const Box> boxes, const TensorSpec& spec);

// A RandomExpr that has a normal form.
ExprPtr RandomNormalizable(std::mt19937& random, const TensorSpec& spec, int operations);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_BOX_TESTING_H_
