#ifndef WEIGHBRIDGE_VERIFY_EXPLAIN_DESCRIBE_STATISTICS_H_
#define WEIGHBRIDGE_VERIFY_EXPLAIN_DESCRIBE_STATISTICS_H_

#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/compare/difference.h"
#include "verify/compare/value_statistics.h"

namespace weighbridge {

// Statistics as the manifest has them, from sums over a whole tensor.

ValueStatistics DescribeValues(const ValueSums& values);

// `values` are those of the file; what is equal on both sides is known from them.
ErrorStatistics DescribeErrors(const TensorSpec& spec, const ValueSums& values, const Difference& difference);

// The index of an element by its position in row-major order.
Shape IndexOf(const Shape& shape, int64_t position);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_VERIFY_EXPLAIN_DESCRIBE_STATISTICS_H_
