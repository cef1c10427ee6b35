#include "verify/reference/permute_elements.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace weighbridge {
namespace {

// `count` steps of so many bytes in each array.
struct Axis {
  int64_t count;
  int64_t in_step;
  int64_t out_step;
};

// The axes with more than one step, in the order of `out`; neighbours that are one run in both arrays are one axis.
std::vector<Axis> OutputOrder(absl::Span<const int64_t> shape, absl::Span<const int64_t> axes, int64_t item) {
  std::vector<int64_t> in_steps(shape.size());
  int64_t step = item;
  for (size_t k = shape.size(); k-- > 0;) {
    in_steps[k] = step;
    step *= shape[k];
  }
  std::vector<Axis> order;  // Innermost first.
  step = item;
  for (size_t k = axes.size(); k-- > 0;) {
    const int64_t count = shape[axes[k]];
    const int64_t in_step = in_steps[axes[k]];
    if (count == 1) continue;
    if (!order.empty() && in_step == order.back().count * order.back().in_step) {
      order.back().count *= count;
    } else {
      order.push_back({count, in_step, step});
    }
    step *= count;
  }
  std::reverse(order.begin(), order.end());
  return order;
}

// Calls visit(in offset, out offset) for every combination of steps of the axes.
template <typename Visit>
void ForEachStep(absl::Span<const Axis> axes, int64_t in, int64_t out, const Visit& visit) {
  if (axes.empty()) return visit(in, out);
  for (int64_t i = 0; i < axes[0].count; ++i) {
    ForEachStep(axes.subspan(1), in + i * axes[0].in_step, out + i * axes[0].out_step, visit);
  }
}

constexpr int64_t kBlock = 32;

// Transposes `rows` rows of `columns` elements, at most kBlock of each, through a copy that is dense: in the arrays themselves rows whose
// distance is a power of two would drive each other out of the cache.
template <int N>
void TransposeBlock(const char* in, int64_t in_step, char* out, int64_t out_step, int64_t rows, int64_t columns) {
  char block[kBlock * kBlock * N];
  for (int64_t row = 0; row < rows; ++row) std::memcpy(block + row * kBlock * N, in + row * in_step, static_cast<size_t>(columns * N));
  for (int64_t column = 0; column < columns; ++column) {
    char* target = out + column * out_step;
    const char* source = block + column * N;
    for (int64_t row = 0; row < rows; ++row) std::memcpy(target + row * N, source + row * kBlock * N, N);
  }
}

// `fast` is the axis along which `in` is dense, `slow` the one along which `out` is.
template <int N>
void TransposePlane(const char* in, const Axis& fast, const Axis& slow, char* out) {
  for (int64_t row = 0; row < slow.count; row += kBlock) {
    const int64_t rows = std::min(kBlock, slow.count - row);
    for (int64_t column = 0; column < fast.count; column += kBlock) {
      const int64_t columns = std::min(kBlock, fast.count - column);
      const char* from = in + row * slow.in_step + column * N;
      char* to = out + column * fast.out_step + row * N;
      if (rows == kBlock && columns == kBlock) {
        TransposeBlock<N>(from, slow.in_step, to, fast.out_step, kBlock, kBlock);
      } else {
        TransposeBlock<N>(from, slow.in_step, to, fast.out_step, rows, columns);
      }
    }
  }
}

using PlaneFunction = void (*)(const char*, const Axis&, const Axis&, char*);

PlaneFunction PlaneOf(int64_t item) {
  switch (item) {
    case 1:
      return TransposePlane<1>;
    case 2:
      return TransposePlane<2>;
    case 4:
      return TransposePlane<4>;
    case 8:
      return TransposePlane<8>;
    default:
      return TransposePlane<16>;
  }
}

}  // namespace

void PermuteElements(const char* in, absl::Span<const int64_t> shape, absl::Span<const int64_t> axes, int64_t item, char* out) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return;
  std::vector<Axis> order = OutputOrder(shape, axes, item);
  if (order.empty()) order.push_back({1, item, item});
  const Axis slow = order.back();
  order.pop_back();
  if (slow.in_step == item) {
    ForEachStep(order, 0, 0, [&](int64_t from, int64_t to) { std::memcpy(out + to, in + from, static_cast<size_t>(slow.count * item)); });
    return;
  }
  const auto dense = std::find_if(order.begin(), order.end(), [&](const Axis& axis) { return axis.in_step == item; });
  const Axis fast = *dense;
  order.erase(dense);
  const PlaneFunction transpose = PlaneOf(item);
  ForEachStep(order, 0, 0, [&](int64_t from, int64_t to) { transpose(in + from, fast, slow, out + to); });
}

}  // namespace weighbridge
