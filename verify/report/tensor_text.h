#ifndef WEIGHBRIDGE_VERIFY_REPORT_TENSOR_TEXT_H_
#define WEIGHBRIDGE_VERIFY_REPORT_TENSOR_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "formats/tensor_spec.h"
#include "verify/report/html.h"

namespace weighbridge::report {

// "float16 [4096, 4096]"; abridged to 120 bytes.
inline std::string SpecText(const std::string& dtype, absl::Span<const int64_t> shape) {
  return Abridge(absl::StrCat(dtype, " ", ShapeToString(shape)), 120);
}

// The bytes of its elements; 0 for a dtype or shape that cannot be.
inline int64_t TensorBytes(absl::string_view dtype, absl::Span<const int64_t> shape) {
  const auto known = ParseDType(dtype);
  return known.has_value() ? ByteSize({*known, Shape(shape.begin(), shape.end())}).value_or(0) : 0;
}

}  // namespace weighbridge::report

#endif  // WEIGHBRIDGE_VERIFY_REPORT_TENSOR_TEXT_H_
