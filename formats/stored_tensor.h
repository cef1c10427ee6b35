#ifndef WEIGHBRIDGE_FORMATS_STORED_TENSOR_H_
#define WEIGHBRIDGE_FORMATS_STORED_TENSOR_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "formats/bytes/byte_source.h"
#include "formats/tensor_spec.h"

namespace weighbridge {

// The indexes begin, …, end - 1 along one axis.
struct IndexRange {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t size() const { return end - begin; }
  friend bool operator==(const IndexRange&, const IndexRange&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const IndexRange& range) {
    return H::combine(std::move(hash), range.begin, range.end);
  }
};

// One range per axis: a box of a tensor's elements.
using Region = std::vector<IndexRange>;

// All elements of a tensor of that shape.
Region WholeRegion(absl::Span<const int64_t> shape);

// Where a tensor's elements lie: element (i0, i1, …) at byte `offset + Σ ik · strides[k] · ItemSize` of the source, little-endian. Torch
// views, tied weights and Fortran-ordered arrays are all just this. A value; copies share the source.
class StoredTensor {
 public:
  // Proves that every element lies inside the source; afterwards reads cannot go wild. DataLoss when one does not, when a stride is
  // negative, when ranks differ or when ByteSize fails. A tensor without elements needs no bytes; its offset still may not be negative.
  // `strides` count elements, `offset` bytes.
  static absl::StatusOr<StoredTensor> Create(TensorSpec spec, ByteSourcePtr source, int64_t offset, std::vector<int64_t> strides);

  // As Create, with row-major elements.
  static absl::StatusOr<StoredTensor> CreateRowMajor(TensorSpec spec, ByteSourcePtr source, int64_t offset);

  const TensorSpec& spec() const { return spec_; }
  const ByteSourcePtr& source() const { return source_; }
  int64_t offset() const { return offset_; }
  absl::Span<const int64_t> strides() const { return strides_; }

  int64_t element_count() const { return element_count_; }
  // Of the elements in row-major order, each once.
  int64_t byte_size() const { return element_count_ * ItemSize(spec_.dtype); }

  // Whether the elements lie in row-major order without gaps, so that bytes [offset, offset + byte_size) are the tensor.
  bool IsRowMajor() const;

 private:
  StoredTensor(TensorSpec spec, ByteSourcePtr source, int64_t offset, absl::Span<const int64_t> strides, int64_t element_count)
      : spec_(std::move(spec)),
        source_(std::move(source)),
        offset_(offset),
        strides_(strides.begin(), strides.end()),
        element_count_(element_count) {}

  TensorSpec spec_;
  ByteSourcePtr source_;
  int64_t offset_;
  absl::InlinedVector<int64_t, 2> strides_;  // Most tensors are vectors and matrices.
  int64_t element_count_;
};

// Strides, in elements, of a row-major tensor of that shape.
std::vector<int64_t> RowMajorStrides(absl::Span<const int64_t> shape);

// Writes the elements of `region`, which lies inside the tensor's shape, to `out` in row-major order; out.size() is exactly their bytes.
// Reads each byte it needs once, in as few pieces as the strides allow, and keeps at most 4 MiB beside `out`. Fails as
// ByteSource::ReadAt does.
absl::Status ReadRegion(const StoredTensor& tensor, absl::Span<const IndexRange> region, absl::Span<char> out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FORMATS_STORED_TENSOR_H_
