#include "verify/explain/explain_by_rows.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "formats/tensor_spec.h"
#include "verify/compare/compare.h"
#include "verify/digest/digest.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

constexpr int64_t kMostRows = int64_t{1} << 17;
constexpr int64_t kShortestRow = 16;  // Bytes. Shorter ones are equal by chance.

using RowDigest = std::array<char, 16>;

// The digests of rows of so many bytes, which come in pieces of any size.
class RowDigests {
 public:
  explicit RowDigests(int64_t row_bytes) : row_bytes_(row_bytes) { row_.emplace(kSpec); }

  void Update(absl::string_view bytes) {
    while (!bytes.empty()) {
      const absl::string_view part = bytes.substr(0, static_cast<size_t>(row_bytes_ - in_row_));
      row_->Update(part);
      bytes.remove_prefix(part.size());
      in_row_ += static_cast<int64_t>(part.size());
      if (in_row_ < row_bytes_) continue;
      const std::string digest = row_->Finish().value();  // XXH3 never fails.
      std::copy(digest.begin(), digest.end(), rows_.emplace_back().begin());
      row_.emplace(kSpec);
      in_row_ = 0;
    }
  }

  const std::vector<RowDigest>& rows() const { return rows_; }

 private:
  inline static const TensorSpec kSpec{.dtype = DType::kUint8, .shape = {}};

  int64_t row_bytes_;
  int64_t in_row_ = 0;
  std::optional<ContentDigest> row_;
  std::vector<RowDigest> rows_;
};

// By how many rows `expected` would have to be moved up to be `actual`, judged by the first row that differs and that stands at one place
// only in `expected`; 0 if there is none.
int64_t GuessShift(const std::vector<RowDigest>& actual, const std::vector<RowDigest>& expected) {
  std::vector<int32_t> sorted(expected.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::sort(sorted.begin(), sorted.end(), [&](int32_t a, int32_t b) { return expected[a] < expected[b]; });
  for (size_t i = 0; i < actual.size(); ++i) {
    if (actual[i] == expected[i]) continue;
    const auto found =
        std::lower_bound(sorted.begin(), sorted.end(), actual[i], [&](int32_t a, const RowDigest& b) { return expected[a] < b; });
    if (found == sorted.end() || expected[*found] != actual[i]) continue;
    if (std::next(found) == sorted.end() || expected[*std::next(found)] != actual[i]) return *found - static_cast<int64_t>(i);
  }
  return 0;
}

std::string Explain(std::vector<RowDigest> actual, std::vector<RowDigest> expected) {
  const auto count = static_cast<int64_t>(actual.size());
  const int64_t shift = GuessShift(actual, expected);
  if (shift == 0) return "";
  int64_t right = 0;
  int64_t right_in_a_circle = 0;
  int64_t moved = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t from = i + shift;
    right += from >= 0 && from < count && actual[i] == expected[from] ? 1 : 0;
    right_in_a_circle += actual[i] == expected[(from % count + count) % count] ? 1 : 0;
    moved += actual[i] != expected[i] ? 1 : 0;
  }
  std::string shifted = absl::StrCat("its rows are shifted: row i is what row i ", shift > 0 ? "+ " : "- ", std::abs(shift), " should be");
  if (right_in_a_circle == count) return absl::StrCat(shifted, ", in a circle");
  // One row that stands elsewhere is no shift.
  if (right == count - std::abs(shift) && right > 1) return shifted;
  std::sort(actual.begin(), actual.end());
  std::sort(expected.begin(), expected.end());
  return actual == expected ? absl::StrCat("it has the rows that it should have, ", moved, " of them at other places") : "";
}

}  // namespace

absl::StatusOr<std::string> ExplainByRows(const Comparison& comparison, Scratch& scratch) {
  const TensorSpec& spec = comparison.actual->spec();
  if (spec.shape.size() < 2 || spec.shape[0] < 2 || spec.shape[0] > kMostRows) return "";
  const int64_t row_bytes = comparison.actual->byte_size() / spec.shape[0];
  if (row_bytes < kShortestRow) return "";
  RowDigests actual(row_bytes);
  RowDigests expected(row_bytes);
  RETURN_IF_ERROR(ForEachComparedPiece(comparison, {0, comparison.actual->element_count()}, scratch, nullptr,
                                       [&](int64_t, absl::string_view actual_bytes, absl::string_view expected_bytes) {
                                         actual.Update(actual_bytes);
                                         expected.Update(expected_bytes);
                                         return true;
                                       }));
  return Explain(actual.rows(), expected.rows());
}

}  // namespace weighbridge
