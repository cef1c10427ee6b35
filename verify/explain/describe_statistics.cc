#include "verify/explain/describe_statistics.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/compare/difference.h"
#include "verify/compare/value_statistics.h"
#include "verify/explain/element_text.h"
#include "verify/reference/number.h"

namespace weighbridge {
namespace {

ElementPair DescribePair(const TensorSpec& spec, const DifferingElement& element) {
  ElementPair pair;
  for (int64_t index : IndexOf(spec.shape, element.position)) pair.add_index(index);
  pair.set_actual(ValueToText(spec.dtype, element.actual));
  pair.set_expected(ValueToText(spec.dtype, element.expected));
  pair.set_actual_bits(BitsToText(spec.dtype, element.actual));
  pair.set_expected_bits(BitsToText(spec.dtype, element.expected));
  return pair;
}

template <typename Message>
void DescribeSpecial(const SpecialNumbers& special, Message& described) {
  described.set_nan(special.nan);
  described.set_positive_infinity(special.positive_infinity);
  described.set_negative_infinity(special.negative_infinity);
  described.set_zero(special.zero);
  described.set_subnormal(special.subnormal);
}

double Mean(double sum, int64_t count) {
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace

ValueStatistics DescribeValues(const ValueSums& values) {
  ValueStatistics described;
  if (values.finite() > 0) {
    described.set_min(values.min);
    described.set_max(values.max);
    described.set_mean(Mean(values.sum, values.finite()));
    described.set_l2(std::sqrt(values.sum_of_squares));
  }
  DescribeSpecial(values.special, described);
  return described;
}

ErrorStatistics DescribeErrors(const TensorSpec& spec, const ValueSums& values, const Difference& difference) {
  ErrorStatistics described;
  described.set_elements(values.numbers / NumbersPerElement(spec.dtype));
  described.set_differing(difference.elements);
  described.set_beyond_tolerance(difference.beyond_tolerance);
  *described.mutable_first() = DescribePair(spec, difference.first);
  *described.mutable_worst() = DescribePair(spec, difference.worst);

  // Numbers in elements that are equal, and what of them is special.
  const int64_t equal = values.numbers - difference.numbers;
  SpecialNumbers equal_special = values.special;
  equal_special.Add(difference.actual, -1);
  const int64_t finite = equal - equal_special.not_finite() + difference.finite;
  const int64_t nonzero = equal - equal_special.not_finite() - equal_special.zero + difference.nonzero;
  described.set_max_absolute(difference.max_absolute);
  described.set_mean_absolute(Mean(difference.sum_absolute, finite));
  described.set_mean_signed(Mean(difference.sum_signed, finite));
  described.set_max_relative(difference.max_relative);
  described.set_mean_relative(Mean(difference.sum_relative, nonzero));
  for (int64_t count : difference.ulp_histogram) described.add_ulp_histogram(count);
  described.set_ulp_histogram(0, described.ulp_histogram(0) + equal - equal_special.nan);
  described.set_nan_payloads(difference.nan_payloads);

  SpecialNumbers expected = equal_special;
  expected.Add(difference.expected);
  DescribeSpecial(expected, *described.mutable_expected());
  return described;
}

Shape IndexOf(const Shape& shape, int64_t position) {
  Shape index(shape.size());
  for (size_t k = shape.size(); k-- > 0;) {
    index[k] = position % shape[k];
    position /= shape[k];
  }
  return index;
}

}  // namespace weighbridge
