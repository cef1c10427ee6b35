#ifndef WEIGHBRIDGE_VERIFY_COMPARE_COMPARE_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_COMPARE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "expr/expr.h"
#include "formats/stored_tensor.h"
#include "verify/compare/difference.h"
#include "verify/compare/tolerance.h"
#include "verify/compare/value_statistics.h"
#include "verify/reference/arithmetic.h"
#include "verify/reference/scratch.h"

namespace weighbridge {

// A tensor of the merged checkpoint beside the expression that says what it should hold; both have the same spec. Without an expression
// there is nothing to compare with.
struct Comparison {
  const StoredTensor* actual = nullptr;
  const Expr* expected = nullptr;
  Tolerance tolerance = {};
};

// Elements begin, …, end - 1 in row-major order.
struct ElementSpan {
  int64_t begin = 0;
  int64_t end = 0;
};

// The least size of the scratch memory with which the functions below work, whatever the expression (at most 1000 operations deep).
inline constexpr int64_t kLeastComparingScratch = int64_t{3} << 20;

// Divides all elements into spans that different threads can take, in order. Long where reading needs whole rows of something
// transposed.
std::vector<ElementSpan> DivideForComparing(const Comparison& comparison);

// What CompareSpan found.
struct SpanResult {
  Difference difference;
  CastLoss loss;  // By the casts of the expression.
  // Of the chunks of kDigestChunk bytes that begin in the span; the first of them is chunk `first_chunk` of the tensor.
  int64_t first_chunk = 0;
  std::string chunk_xxh3;
  std::string chunk_sha256;
  std::vector<ValueSums> chunk_values;
};

// Compares one span with what `expected` says, and digests and sums up what is there. The result does not depend on the size of the scratch
// memory.
// Fails as Evaluate does and, with ConcernsMerged, as reading `actual` does.
absl::StatusOr<SpanResult> CompareSpan(const Comparison& comparison, const ElementSpan& span, Scratch& scratch);

// Calls visit(position of the first element, actual bytes, expected bytes) for each piece of the span, in order, until it returns false.
// Without an expression there are no expected bytes. What casts lose is added to `loss`, which may be null. Fails as CompareSpan does.
absl::Status ForEachComparedPiece(const Comparison& comparison, const ElementSpan& span, Scratch& scratch, CastLoss* loss,
                                  absl::FunctionRef<bool(int64_t, absl::string_view, absl::string_view)> visit);

// Whether all elements are as `expected` says; stops at the first that is not. Fails as CompareSpan does.
absl::StatusOr<bool> IsEqual(const Comparison& comparison, Scratch& scratch);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_COMPARE_H_
