#ifndef WEIGHBRIDGE_FORMATS_TENSOR_SPEC_H_
#define WEIGHBRIDGE_FORMATS_TENSOR_SPEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weighbridge {

// The element types of stored tensors. All are read and written little-endian; complex numbers are a real part, then an imaginary one.
enum class DType : uint8_t {
  kBool,
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kUint64,
  kInt64,
  kFloat8E4M3Fn,
  kFloat8E4M3FnUz,
  kFloat8E5M2,
  kFloat8E5M2FnUz,
  kFloat8E8M0Fnu,
  kFloat16,
  kBfloat16,
  kFloat32,
  kFloat64,
  kComplex64,
  kComplex128,
};

// Bytes of one element, 1 to 16.
int64_t ItemSize(DType dtype);

// The name as PyTorch spells it: "float32", "float8_e4m3fn", …
absl::string_view DTypeName(DType dtype);

// The inverse of DTypeName, or nothing for any other text.
std::optional<DType> ParseDType(absl::string_view name);

// All element types, in the order of the enumeration.
absl::Span<const DType> AllDTypes();

// Whether an element is two numbers.
bool IsComplex(DType dtype);

// Bytes of one number, of which a complex element has two: what changes places where bytes are swapped.
int64_t NumberSize(DType dtype);

// Real floating point of any width; no integer, bool or complex type.
bool IsFloatingPoint(DType dtype);

// Extents, outermost first. Empty for a scalar, which has one element.
using Shape = std::vector<int64_t>;

struct TensorSpec {
  DType dtype = DType::kFloat32;
  Shape shape;

  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const TensorSpec& spec) {
    return H::combine(std::move(hash), spec.dtype, spec.shape);
  }
};

// The number of elements. DataLoss when an extent is negative or the product exceeds int64. With ByteSize the only place where a product
// of extents is made; a zero among the extents gives 0 whatever the others are.
absl::StatusOr<int64_t> ElementCount(absl::Span<const int64_t> shape);

// The number of bytes of the elements, without padding. Fails as ElementCount does.
absl::StatusOr<int64_t> ByteSize(const TensorSpec& spec);

// "[2, 3]", "[]".
std::string ShapeToString(absl::Span<const int64_t> shape);

// "float16 [2, 3]".
std::string ToString(const TensorSpec& spec);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_TENSOR_SPEC_H_
