#ifndef WEIGHBRIDGE_VERIFY_COMPARE_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/stored_tensor.h"
#include "plan/expr.h"
#include "verify/scratch.h"

namespace weighbridge {

// A tensor of the merged file beside the expression that says what it should hold; both have the same spec. Without an expression there
// is nothing to compare with.
struct Comparison {
  const StoredTensor* actual = nullptr;
  const Expr* expected = nullptr;
};

// Elements begin, …, end - 1 in row-major order.
struct ElementSpan {
  int64_t begin = 0;
  int64_t end = 0;
};

// Elements that have other bits than they should.
struct Difference {
  int64_t count = 0;
  // The first of them in row-major order, and its bytes; meaningless when there is none.
  int64_t first = 0;
  std::string actual;
  std::string expected;

  // Adds what was found in another part of the tensor.
  void Add(const Difference& other);
};

// The least size of the scratch memory with which the functions below work, whatever the expression (at most 1000 operations deep).
inline constexpr int64_t kLeastComparingScratch = int64_t{3} << 20;

// Divides all elements into spans that different threads can take, in order. Long where reading needs whole rows of something
// transposed; never so long that CompareSpan would need more than `scratch_size`.
std::vector<ElementSpan> DivideForComparing(const Comparison& comparison, int64_t scratch_size);

// What CompareSpan found.
struct SpanResult {
  Difference difference;
  // Digests of the chunks of kDigestChunk bytes that begin in the span; the first of them is chunk `first_chunk` of the tensor.
  int64_t first_chunk = 0;
  std::string chunk_digests;
};

// Compares one span with what `expected` says and digests the bytes that are there. Fails as Evaluate does; where reading `actual`
// failed, the status satisfies IsActualUnreadable.
absl::StatusOr<SpanResult> CompareSpan(const Comparison& comparison, const ElementSpan& span, Scratch& scratch);

// Whether all elements are as `expected` says; stops at the first that is not. Fails as CompareSpan does.
absl::StatusOr<bool> IsEqual(const Comparison& comparison, Scratch& scratch);

// Says of a failure that it lies in what is judged, not in the sources.
absl::Status MarkActualUnreadable(absl::Status status);
bool IsActualUnreadable(const absl::Status& status);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_H_
