// Opens each checkpoint that the command line names: what every tool does before it touches a payload. For a bare pickle the machine alone
// is measured too.
//
//   benchmarks/generate_checkpoints.py /tmp/sparse --preset=13b --sparse
//   bazel run -c opt //benchmarks:pickle_benchmark -- /tmp/sparse/blip2/model_state.pdparams /tmp/sparse/vicuna/pytorch_model.bin

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "formats/bytes/byte_source.h"
#include "formats/checkpoint.h"
#include "formats/directory/open_checkpoint.h"
#include "formats/paddle/paddle_dialect.h"
#include "formats/pickle/machine.h"
#include "formats/pickle/value.h"
#include "formats/read_limits.h"
#include "formats/torch/read_torch.h"

namespace weighbridge {
namespace {

void BM_OpenCheckpoint(benchmark::State& state, const std::string& path) {
  for (auto _ : state) {
    const absl::StatusOr<Checkpoint> checkpoint = OpenCheckpoint(path);
    if (!checkpoint.ok()) {
      state.SkipWithError(checkpoint.status().ToString().c_str());
      return;
    }
    state.counters["tensors"] = static_cast<double>(checkpoint->tensors().size());
  }
}

void BM_RunPickle(benchmark::State& state, const ByteSourcePtr& source) {
  for (auto _ : state) {
    const absl::StatusOr<pickle::Document> document = pickle::RunPickle(*source, 0, source->size(), paddle::PickleOptions(ReadLimits()));
    if (!document.ok()) {
      state.SkipWithError(document.status().ToString().c_str());
      return;
    }
  }
}

void RegisterBenchmarks(const std::string& path) {
  benchmark::RegisterBenchmark(absl::StrCat("BM_OpenCheckpoint/", path).c_str(), BM_OpenCheckpoint, path)->Unit(benchmark::kMillisecond);
  const absl::StatusOr<ByteSourcePtr> source = OpenFile(path);
  if (!source.ok() || LooksLikeZip(**source)) return;
  benchmark::RegisterBenchmark(absl::StrCat("BM_RunPickle/", path).c_str(), BM_RunPickle, *source)->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace weighbridge

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) weighbridge::RegisterBenchmarks(argv[i]);
  benchmark::RunSpecifiedBenchmarks();
}
