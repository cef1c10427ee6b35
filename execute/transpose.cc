#include "execute/transpose.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/types/span.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "execute/transpose.cc"
#include "hwy/foreach_target.h"  // Compiles what follows once for each instruction set.
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace weighbridge {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

struct Matrices {
  const char* source;
  int64_t source_pitch;
  char* target;
  int64_t target_pitch;
};

// One by one: rows [row, row_end) × columns [column, column_end).
template <int kItem>
void TransposeSingly(const Matrices& m, int64_t row, int64_t row_end, int64_t column, int64_t column_end) {
  for (int64_t c = column; c < column_end; ++c) {
    for (int64_t r = row; r < row_end; ++r) {
      std::memcpy(m.target + c * m.target_pitch + r * kItem, m.source + r * m.source_pitch + c * kItem, kItem);
    }
  }
}

#if HWY_TARGET == HWY_SCALAR

template <typename Lane>
constexpr int64_t kLanes = 1;

template <typename Lane>
HWY_INLINE void TransposeBlock(const char* source, int64_t, char* target, int64_t) {
  std::memcpy(target, source, sizeof(Lane));
}

#else

// Of a vector of 16 bytes.
template <typename Lane>
constexpr int64_t kLanes = 16 / sizeof(Lane);

// A block of as many rows and columns as a vector has lanes.
template <typename Lane>
HWY_INLINE void TransposeBlock(const char* source, int64_t source_pitch, char* target, int64_t target_pitch) {
  constexpr int n = kLanes<Lane>;
  constexpr hn::FixedTag<Lane, n> kVector;
  hn::Vec<decltype(kVector)> rows[n];
  hn::Vec<decltype(kVector)> next[n];
  HWY_UNROLL(16)
  for (int i = 0; i < n; ++i) rows[i] = hn::LoadU(kVector, reinterpret_cast<const Lane*>(source + i * source_pitch));
  // Each round is a perfect shuffle of the block; log2(n) of them exchange rows and columns.
  HWY_UNROLL(4)
  for (int round = 1; round < n; round *= 2) {
    HWY_UNROLL(8)
    for (int i = 0; i < n / 2; ++i) {
      next[2 * i] = hn::InterleaveLower(kVector, rows[i], rows[i + n / 2]);
      next[2 * i + 1] = hn::InterleaveUpper(kVector, rows[i], rows[i + n / 2]);
    }
    HWY_UNROLL(16)
    for (int i = 0; i < n; ++i) rows[i] = next[i];
  }
  HWY_UNROLL(16)
  for (int i = 0; i < n; ++i) hn::StoreU(rows[i], kVector, reinterpret_cast<Lane*>(target + i * target_pitch));
}

#endif

template <typename Lane>
void TransposeLanes(const Matrices& m, int64_t rows, int64_t columns) {
  constexpr int64_t n = kLanes<Lane>;
  // So many source rows keep one cache line each in the first-level cache while the columns of those lines are taken.
  constexpr int64_t kRowsAtOnce = 128;
  const int64_t whole_columns = columns / n * n;
  for (int64_t row = 0; row < rows; row += kRowsAtOnce) {
    const int64_t row_end = std::min(row + kRowsAtOnce, rows);
    const int64_t whole_end = row + (row_end - row) / n * n;
    for (int64_t c = 0; c < whole_columns; c += n) {
      for (int64_t r = row; r < whole_end; r += n) {
        TransposeBlock<Lane>(m.source + r * m.source_pitch + c * int64_t{sizeof(Lane)}, m.source_pitch,
                             m.target + c * m.target_pitch + r * int64_t{sizeof(Lane)}, m.target_pitch);
      }
      TransposeSingly<sizeof(Lane)>(m, whole_end, row_end, c, c + n);
    }
    TransposeSingly<sizeof(Lane)>(m, row, row_end, whole_columns, columns);
  }
}

void Transpose(int64_t item_size, int64_t rows, int64_t columns, const char* source, int64_t source_pitch, char* target,
               int64_t target_pitch) {
  const Matrices m = {source, source_pitch, target, target_pitch};
  switch (item_size) {
    case 1:
      return TransposeLanes<uint8_t>(m, rows, columns);
    case 2:
      return TransposeLanes<uint16_t>(m, rows, columns);
    case 4:
      return TransposeLanes<uint32_t>(m, rows, columns);
    case 8:
      return TransposeLanes<uint64_t>(m, rows, columns);
    default:
      return TransposeSingly<16>(m, 0, rows, 0, columns);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace weighbridge
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weighbridge {
namespace {
HWY_EXPORT(Transpose);
}  // namespace

void TransposeElements(int64_t item_size, int64_t rows, int64_t columns, const char* source, int64_t source_pitch, char* target,
                       int64_t target_pitch) {
  HWY_DYNAMIC_DISPATCH(Transpose)(item_size, rows, columns, source, source_pitch, target, target_pitch);
}

void PermuteElements(int64_t item_size, absl::Span<const PermutedAxis> axes, const char* source, char* target) {
  // The axes along which neighbours are neighbours in memory, and the rest.
  PermutedAxis column = {1, item_size, item_size};
  PermutedAxis row = {1, item_size, item_size};
  std::vector<PermutedAxis> others;
  for (const PermutedAxis& axis : axes) {
    if (axis.count == 1) continue;
    if (axis.source_step == item_size) {
      column = axis;
    } else if (axis.target_step == item_size) {
      row = axis;
    } else {
      others.push_back(axis);
    }
  }
  std::vector<int64_t> index(others.size(), 0);
  while (true) {
    if (column.target_step == item_size && row.count == 1) {
      std::memcpy(target, source, column.count * item_size);
    } else {
      TransposeElements(item_size, row.count, column.count, source, row.source_step, target, column.target_step);
    }
    size_t k = others.size();
    for (; k > 0; --k) {
      const PermutedAxis& axis = others[k - 1];
      source += axis.source_step;
      target += axis.target_step;
      if (++index[k - 1] < axis.count) break;
      source -= axis.count * axis.source_step;
      target -= axis.count * axis.target_step;
      index[k - 1] = 0;
    }
    if (k == 0) return;
  }
}

}  // namespace weighbridge
#endif  // HWY_ONCE
