#ifndef WEIGHBRIDGE_VERIFY_AUDIT_CONTRADICTION_LIST_H_
#define WEIGHBRIDGE_VERIFY_AUDIT_CONTRADICTION_LIST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace weighbridge {

// Sentences about a manifest that cannot be true. Of a manifest in which nothing is, the first hundred say enough; the others are counted.
class ContradictionList {
 public:
  // The parts together are a sentence.
  template <typename... Parts>
  void Add(const Parts&... parts) {
    if (sentences_.size() < kMost) {
      sentences_.push_back(absl::StrCat(parts...));
    } else {
      ++more_;
    }
  }

  // The same, unless `holds`.
  template <typename... Parts>
  void Expect(bool holds, const Parts&... parts) {
    if (!holds) Add(parts...);
  }

  std::vector<std::string> Finish() && {
    if (more_ > 0) sentences_.push_back(absl::StrCat("and ", more_, more_ == 1 ? " statement" : " statements", " more"));
    return std::move(sentences_);
  }

 private:
  static constexpr size_t kMost = 100;

  std::vector<std::string> sentences_;
  int64_t more_ = 0;
};

// Whether counts that a file claims are none of them negative and together at most `limit`, or exactly that; however great they are.
inline bool AreAtMost(absl::Span<const int64_t> counts, int64_t limit) {
  for (const int64_t count : counts) {
    if (count < 0 || count > limit) return false;
    limit -= count;
  }
  return true;
}
inline bool AddUpTo(absl::Span<const int64_t> counts, int64_t sum) {
  for (const int64_t count : counts) {
    if (count < 0 || count > sum) return false;
    sum -= count;
  }
  return sum == 0;
}

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_AUDIT_CONTRADICTION_LIST_H_
