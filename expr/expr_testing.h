#ifndef WEIGHBRIDGE_EXPR_EXPR_TESTING_H_
#define WEIGHBRIDGE_EXPR_EXPR_TESTING_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// For tests: the bytes of one element, and of all elements in row-major order, of the tensor that `expr` defines, by the definition of
// each operation and nothing else. Slow. Reading must not fail.
std::string NaiveElement(const Expr& expr, const std::vector<int64_t>& index);
std::string NaiveBytes(const Expr& expr);

// A tensor over random bytes in memory: row-major, or a view of something larger with axes in any order, gaps, and repeated elements.
StoredTensor RandomTensor(std::mt19937& random, const TensorSpec& spec);

// A random expression of about `operations` operations with a result of that spec.
ExprPtr RandomExpr(std::mt19937& random, const TensorSpec& spec, int operations);

// A shape of rank 0 to 4 with extents from 0 (rarely) to `most`.
Shape RandomShape(std::mt19937& random, int64_t most);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXPR_EXPR_TESTING_H_
