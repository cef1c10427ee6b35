#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "benchmark/benchmark.h"
#include "execute/kernels.h"
#include "execute/transpose.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

// Elements of a tile as the executor makes them: 64 rows of 2048. All buffers fit the second-level cache.
constexpr int64_t kRows = 64;
constexpr int64_t kColumns = 2048;
constexpr int64_t kCount = kRows * kColumns;

std::vector<char> Bytes(int64_t size) {
  std::vector<char> bytes(size);
  for (int64_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 % 101);
  return bytes;
}

void BM_Memcpy(benchmark::State& state) {
  const std::vector<char> from = Bytes(4 * kCount);
  std::vector<char> to(from.size());
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(from.size()));
}
BENCHMARK(BM_Memcpy);

// Bytes processed are those of the source.
void BM_Cast(benchmark::State& state, DType source, DType target) {
  const std::vector<char> from = Bytes(kCount * ItemSize(source));
  std::vector<char> to(kCount * ItemSize(target));
  for (auto _ : state) {
    CastElements(source, target, from.data(), to.data(), kCount);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(from.size()));
}
BENCHMARK_CAPTURE(BM_Cast, float32_float16, DType::kFloat32, DType::kFloat16);
BENCHMARK_CAPTURE(BM_Cast, float16_float32, DType::kFloat16, DType::kFloat32);
BENCHMARK_CAPTURE(BM_Cast, float32_bfloat16, DType::kFloat32, DType::kBfloat16);
BENCHMARK_CAPTURE(BM_Cast, bfloat16_float16, DType::kBfloat16, DType::kFloat16);
BENCHMARK_CAPTURE(BM_Cast, float64_float16, DType::kFloat64, DType::kFloat16);

void BM_Add(benchmark::State& state, DType dtype) {
  const std::vector<char> left = Bytes(kCount * ItemSize(dtype));
  std::vector<char> sum(left.size());
  for (auto _ : state) {
    AddElements(dtype, left.data(), left.data(), sum.data(), kCount);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(left.size()));
}
BENCHMARK_CAPTURE(BM_Add, float16, DType::kFloat16);
BENCHMARK_CAPTURE(BM_Add, float32, DType::kFloat32);

void BM_Transpose(benchmark::State& state) {
  const int64_t item = state.range(0);
  const std::vector<char> from = Bytes(kCount * item);
  std::vector<char> to(from.size());
  for (auto _ : state) {
    TransposeElements(item, kRows, kColumns, from.data(), kColumns * item, to.data(), kRows * item);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(from.size()));
}
BENCHMARK(BM_Transpose)->Arg(1)->Arg(2)->Arg(4)->Arg(8)->Arg(16);

// float32 to float16, transposed into a band of 4096 columns as the executor does it. Bytes processed are those of the source.
void BM_CastAndTranspose(benchmark::State& state) {
  constexpr int64_t kBandColumns = 4096;
  const std::vector<char> from = Bytes(4 * kCount);
  std::vector<char> tile(2 * kCount);
  std::vector<char> band(2 * kColumns * kBandColumns);
  int64_t column = 0;
  for (auto _ : state) {
    CastElements(DType::kFloat32, DType::kFloat16, from.data(), tile.data(), kCount);
    TransposeElements(2, kRows, kColumns, tile.data(), 2 * kColumns, band.data() + 2 * column, 2 * kBandColumns);
    column = (column + kRows) % kBandColumns;
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(from.size()));
}
BENCHMARK(BM_CastAndTranspose);

}  // namespace
}  // namespace weighbridge
