#ifndef WEIGHBRIDGE_EXPR_EXPR_TESTING_H_
#define WEIGHBRIDGE_EXPR_EXPR_TESTING_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

// For tests of whoever computes expressions: their value by definition, and random ones.

namespace weighbridge {

// The cast, and the sum, of single elements, given and returned as their bytes. For what op::Cast and op::Add allow.
std::string CastElement(DType from, DType to, const std::string& bytes);
std::string AddElement(DType dtype, const std::string& left, const std::string& right);

// The bytes of one element, and of all elements in row-major order, of the tensor that `expr` defines, by the definition of each operation
// and nothing else. Slow. Reading must not fail.
std::string NaiveElement(const Expr& expr, const std::vector<int64_t>& index);
std::string NaiveBytes(const Expr& expr);

// A number from `least` to `most`, by chance or by the bytes of a fuzzer.
using Choose = absl::FunctionRef<int64_t(int64_t least, int64_t most)>;

// A tensor over random bytes in memory: row-major, or a view of something larger with axes in any order, gaps, and repeated elements.
StoredTensor ChooseTensor(Choose choose, const TensorSpec& spec);

// An expression of about `operations` operations of every kind, with a result of that spec.
ExprPtr ChooseExpr(Choose choose, const TensorSpec& spec, int operations);

// A shape of rank 0 to 4 with extents from 0 (rarely) to `most`.
Shape ChooseShape(Choose choose, int64_t most);

// The same by chance.
StoredTensor RandomTensor(std::mt19937& random, const TensorSpec& spec);
ExprPtr RandomExpr(std::mt19937& random, const TensorSpec& spec, int operations);
Shape RandomShape(std::mt19937& random, int64_t most);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXPR_EXPR_TESTING_H_
