#ifndef WEIGHBRIDGE_EXECUTE_RUNS_H_
#define WEIGHBRIDGE_EXECUTE_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "base/status.h"
#include "formats/stored_tensor.h"

namespace weighbridge {

// A region of a strided array as runs: pieces of neighbouring elements that stand behind each other both in the array and in the region's
// row-major order. `strides` count elements.
class Runs {
 public:
  Runs(absl::Span<const int64_t> strides, absl::Span<const IndexRange> region) : strides_(strides), region_(region), outer_(region.size()) {
    while (outer_ > 0 && (region[outer_ - 1].size() == 1 || strides[outer_ - 1] == length_)) length_ *= region[--outer_].size();
    for (size_t k = 0; k < outer_; ++k) count_ *= region[k].size();
  }

  int64_t count() const { return count_; }
  // Elements of each run.
  int64_t length() const { return length_; }

  // Calls visit(element) for each run in row-major order, with the array's element at which it begins, until one fails.
  template <typename Visit>
  absl::Status ForEach(Visit visit) const {
    int64_t element = 0;
    for (size_t k = 0; k < region_.size(); ++k) element += region_[k].begin * strides_[k];
    std::vector<int64_t> index(outer_, 0);
    while (true) {
      RETURN_IF_ERROR(visit(element));
      size_t k = outer_;
      for (; k > 0; --k) {
        element += strides_[k - 1];
        if (++index[k - 1] < region_[k - 1].size()) break;
        element -= region_[k - 1].size() * strides_[k - 1];
        index[k - 1] = 0;
      }
      if (k == 0) return absl::OkStatus();
    }
  }

 private:
  absl::Span<const int64_t> strides_;
  absl::Span<const IndexRange> region_;
  size_t outer_;  // Axes [outer_, rank) make up a run.
  int64_t length_ = 1;
  int64_t count_ = 1;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_EXECUTE_RUNS_H_
