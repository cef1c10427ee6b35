// The sums that every byte goes through, each on one thread, over a buffer that no cache holds.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "isa-l/crc.h"
#include "verify/digest/digest.h"

namespace weighbridge {
namespace {

constexpr int64_t kBytes = int64_t{256} << 20;

std::string Bytes() {
  std::string bytes(kBytes, '\0');
  for (int64_t i = 0; i < kBytes; ++i) bytes[i] = static_cast<char>(i * 37 % 101);
  return bytes;
}

void BM_ContentDigest(benchmark::State& state) {
  const std::string bytes = Bytes();
  for (auto _ : state) {
    ContentDigest digest({.dtype = DType::kUint8, .shape = {kBytes}});
    digest.Update(bytes);
    benchmark::DoNotOptimize(digest.Finish());
  }
  state.SetBytesProcessed(state.iterations() * kBytes);
}
BENCHMARK(BM_ContentDigest)->Unit(benchmark::kMillisecond);

void BM_Sha256(benchmark::State& state) {
  const std::string bytes = Bytes();
  for (auto _ : state) {
    Sha256 sha256;
    sha256.Update(bytes);
    benchmark::DoNotOptimize(sha256.Finish());
  }
  state.SetBytesProcessed(state.iterations() * kBytes);
}
BENCHMARK(BM_Sha256)->Unit(benchmark::kMillisecond);

void BM_Crc32(benchmark::State& state) {
  const std::string bytes = Bytes();
  for (auto _ : state) {
    benchmark::DoNotOptimize(crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
  }
  state.SetBytesProcessed(state.iterations() * kBytes);
}
BENCHMARK(BM_Crc32)->Unit(benchmark::kMillisecond);

// SHA-256 of a file whose container states a CRC-32 of nearly all of it.
void BM_DigestFile(benchmark::State& state) {
  const std::string bytes = Bytes();
  const uint32_t crc32 = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  const ByteSourcePtr source = MakeMemorySource("memory", bytes);
  const std::vector<ChecksummedRange> checksums = {{.source = source, .offset = 0, .size = kBytes, .crc32 = crc32, .label = "all"}};
  for (auto _ : state) {
    const absl::StatusOr<std::string> digest = DigestFile(*source, checksums, nullptr, {});
    if (!digest.ok()) {
      state.SkipWithError(digest.status().ToString().c_str());
      return;
    }
  }
  state.SetBytesProcessed(state.iterations() * kBytes);
}
BENCHMARK(BM_DigestFile)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weighbridge
