#ifndef WEIGHBRIDGE_VERIFY_COMPARE_JOIN_SPANS_H_
#define WEIGHBRIDGE_VERIFY_COMPARE_JOIN_SPANS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "verify/compare/compare.h"
#include "verify/compare/difference.h"
#include "verify/compare/value_statistics.h"
#include "verify/reference/arithmetic.h"

namespace weighbridge {

// What is known about a whole tensor of the merged checkpoint.
struct ComparedTensor {
  std::unique_ptr<const Difference> difference;  // Null where no bits differ, or nothing was compared.
  CastLoss loss;
  ValueSums values;
  std::string content_xxh3;
  std::string content_sha256;
};

// Joins what CompareSpan found of a tensor's spans, which may come in any order.
class SpanJoiner {
 public:
  // `spans` is how many there are.
  SpanJoiner(const StoredTensor& actual, size_t spans);

  // Takes what was found of span `number`; each once. Returns whether it was the last one.
  bool Add(size_t number, SpanResult result);

  // What is known of all of them. Fails as Sha256.
  absl::StatusOr<ComparedTensor> Join() const;

 private:
  TensorSpec spec_;
  size_t missing_;
  CastLoss loss_;
  std::vector<Difference> differences_;  // One for each span: their sums depend on the order.
  std::vector<ValueSums> values_;        // One for each chunk, as the digests, which follow each other.
  std::string xxh3_;
  std::string sha256_;
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_COMPARE_JOIN_SPANS_H_
