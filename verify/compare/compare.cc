#include "verify/compare/compare.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/operation.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "verify/compare/concerns_merged.h"
#include "verify/compare/difference.h"
#include "verify/compare/value_statistics.h"
#include "verify/digest/digest.h"
#include "verify/reference/arithmetic.h"
#include "verify/reference/evaluate.h"
#include "verify/reference/row_major_box.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

// A piece that is read and compared at once fits a core's own cache, with what it is made from. Where elements are read in another order
// than they are written, a piece is long instead: the longer it is, the longer are the runs in the source.
constexpr int64_t kPieceBytes = int64_t{256} << 10;
constexpr int64_t kTransposedPieceBytes = int64_t{16} << 20;
constexpr int64_t kGlance = 64;  // Elements.
constexpr int64_t kSpanBytes = int64_t{16} << 20;

bool KeepsOrder(const Expr& expr) {
  if (expr.As<op::Permute>() != nullptr) return false;
  if (expr.As<op::Read>() != nullptr && !expr.tensor().IsRowMajor()) return false;
  return std::all_of(expr.operands().begin(), expr.operands().end(), [](const ExprPtr& operand) { return KeepsOrder(*operand); });
}

bool KeepsOrder(const Comparison& comparison) {
  return comparison.actual->IsRowMajor() && (comparison.expected == nullptr || KeepsOrder(*comparison.expected));
}

// The number of elements that are read and compared at once.
int64_t PieceElements(const Comparison& comparison, int64_t scratch_size) {
  const int64_t item = ItemSize(comparison.actual->spec().dtype);
  int64_t fixed = 2 * Scratch::kOverhead;
  int64_t per_element = 2 * item;
  if (comparison.expected != nullptr) {
    fixed += EvaluationBytes(*comparison.expected, 0);
    per_element += EvaluationBytes(*comparison.expected, 1) - EvaluationBytes(*comparison.expected, 0);
  }
  const int64_t wanted = KeepsOrder(comparison) ? kPieceBytes : kTransposedPieceBytes;
  return std::max(int64_t{1}, std::min(wanted / item, (scratch_size - fixed) / per_element));
}

int64_t RoundUp(int64_t value, int64_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace

absl::Status ForEachComparedPiece(const Comparison& comparison, const ElementSpan& span, Scratch& scratch, CastLoss* loss,
                                  absl::FunctionRef<bool(int64_t, absl::string_view, absl::string_view)> visit) {
  const StoredTensor& actual = *comparison.actual;
  const int64_t limit = PieceElements(comparison, scratch.available());
  for (int64_t position = span.begin; position < span.end;) {
    const Region box = RowMajorBox(actual.spec().shape, position, std::min(limit, span.end - position));
    const int64_t count = ElementCountOf(box);
    const int64_t size = count * ItemSize(actual.spec().dtype);
    const Scratch::Lease actual_lease = scratch.Take(size);
    const Scratch::Lease expected_lease = scratch.Take(comparison.expected == nullptr ? 0 : size);
    RETURN_IF_ERROR(MarkConcernsMerged(ReadRegion(actual, box, actual_lease.bytes())));
    if (comparison.expected != nullptr) {
      RETURN_IF_ERROR(Evaluate(*comparison.expected, box, expected_lease.bytes(), scratch, loss));
    }
    const absl::string_view actual_bytes(actual_lease.bytes().data(), actual_lease.bytes().size());
    const absl::string_view expected_bytes(expected_lease.bytes().data(), expected_lease.bytes().size());
    if (!visit(position, actual_bytes, expected_bytes)) break;
    position += count;
  }
  return absl::OkStatus();
}

namespace {

// What is made of the bytes that are there, chunk by chunk.
struct Chunks {
  ChunkDigests xxh3{DigestKind::kXxh3};
  ChunkDigests sha256{DigestKind::kSha256};
  ChunkValues values;

  void Update(absl::string_view bytes) {
    xxh3.Update(bytes);
    sha256.Update(bytes);
    values.Update(bytes);
  }
};

// Feeds the rest of the chunk that begins in the span and ends beyond it.
absl::Status FinishLastChunk(const StoredTensor& actual, int64_t begin, Scratch& scratch, Chunks& chunks) {
  const int64_t item = ItemSize(actual.spec().dtype);
  const int64_t end = std::min(RoundUp(begin * item, kDigestChunk) / item, actual.element_count());
  return ForEachComparedPiece({&actual, nullptr}, {begin, end}, scratch, nullptr, [&](int64_t, absl::string_view bytes, absl::string_view) {
    chunks.Update(bytes);
    return true;
  });
}

}  // namespace

std::vector<ElementSpan> DivideForComparing(const Comparison& comparison) {
  const StoredTensor& actual = *comparison.actual;
  const int64_t limit = kSpanBytes / ItemSize(actual.spec().dtype);
  const bool keeps_order = KeepsOrder(comparison);
  std::vector<ElementSpan> spans;
  for (int64_t begin = 0; begin < actual.element_count();) {
    const int64_t count =
        keeps_order ? std::min(limit, actual.element_count() - begin) : ElementCountOf(RowMajorBox(actual.spec().shape, begin, limit));
    spans.push_back({begin, begin + count});
    begin += count;
  }
  return spans;
}

absl::StatusOr<SpanResult> CompareSpan(const Comparison& comparison, const ElementSpan& span, Scratch& scratch) {
  const StoredTensor& actual = *comparison.actual;
  const DType dtype = actual.spec().dtype;
  const int64_t item = ItemSize(dtype);
  const int64_t first_byte = RoundUp(span.begin * item, kDigestChunk);
  SpanResult result;
  result.first_chunk = first_byte / kDigestChunk;
  DifferenceFinder difference(dtype, comparison.tolerance);
  Chunks chunks{.values = ChunkValues(dtype)};
  const auto take = [&](int64_t position, absl::string_view actual_bytes, absl::string_view expected_bytes) {
    if (comparison.expected != nullptr) difference.Compare(position, actual_bytes, expected_bytes);
    const int64_t before_chunk = std::max(int64_t{0}, first_byte - position * item);
    if (before_chunk < static_cast<int64_t>(actual_bytes.size())) {
      chunks.Update(actual_bytes.substr(static_cast<size_t>(before_chunk)));
    }
    return true;
  };
  RETURN_IF_ERROR(ForEachComparedPiece(comparison, span, scratch, &result.loss, take));
  if (first_byte < span.end * item) RETURN_IF_ERROR(FinishLastChunk(actual, span.end, scratch, chunks));
  result.difference = difference.found();
  ASSIGN_OR_RETURN(result.chunk_xxh3, chunks.xxh3.Finish());
  ASSIGN_OR_RETURN(result.chunk_sha256, chunks.sha256.Finish());
  result.chunk_values = chunks.values.Finish();
  return result;
}

absl::StatusOr<bool> IsEqual(const Comparison& comparison, Scratch& scratch) {
  bool equal = true;
  // A glance at the beginning settles most questions: pieces may be long.
  const int64_t count = comparison.actual->element_count();
  for (const ElementSpan& span : {ElementSpan{0, std::min(kGlance, count)}, ElementSpan{0, count}}) {
    RETURN_IF_ERROR(ForEachComparedPiece(comparison, span, scratch, nullptr,
                                         [&](int64_t, absl::string_view actual_bytes, absl::string_view expected_bytes) {
                                           equal = actual_bytes == expected_bytes;
                                           return equal;
                                         }));
    if (!equal) break;
  }
  return equal;
}

}  // namespace weighbridge
