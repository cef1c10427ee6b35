#include "plan/execute.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/output_file.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/tensor_spec.h"
#include "plan/band_maker.h"
#include "plan/normal_form.h"
#include "plan/parallel_for.h"
#include "plan/plan.h"
#include "plan/range_check.h"
#include "plan/runs.h"
#include "plan/tiling.h"

namespace weighbridge {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kTileBytes = kMiB;
constexpr int64_t kLeastBandBytes = kMiB;
// Larger bands no longer make reads or writes faster.
constexpr int64_t kMostBandBytes = 32 * kMiB;

// A box of an output, and what its making is to be checked against: per leaf a check, or nullptr.
struct Job {
  size_t output;
  TiledBox box;
  std::vector<RangeCheck*> checks;
  int64_t first_band;  // Among those of all jobs.
};

// What one thread reuses from band to band.
struct Worker {
  explicit Worker(int64_t band_bytes) : band(band_bytes), maker(kTileBytes) {}

  Buffer band;
  BandMaker maker;
};

class Execution {
 public:
  Execution(const Plan& plan, const Layout& layout, const ExecuteOptions& options, OutputFile& file)
      : plan_(plan), layout_(layout), options_(options), file_(file), workers_(options.threads) {}

  absl::Status Prepare();
  absl::Status Run();
  absl::Status CheckSourcesUnchanged() const;

 private:
  int64_t BandLimit() const;
  void IndexChecksums();
  absl::Status AddOutput(size_t output, const TilingLimits& limits);
  RangeCheck* CheckFor(const TiledLeaf& leaf);
  absl::Status WriteLiteral(const Layout::Literal& literal);
  absl::Status MakeBand(int64_t index, int thread);
  absl::Status WriteBand(const Job& job, const Region& band, const char* bytes);
  void Report(int64_t bytes);

  const Plan& plan_;
  const Layout& layout_;
  const ExecuteOptions& options_;
  OutputFile& file_;
  std::vector<Job> jobs_;
  int64_t bands_ = 0;
  int64_t band_bytes_ = 0;  // Of the largest band.
  absl::flat_hash_map<std::pair<const ByteSource*, int64_t>, const ChecksummedRange*> checksums_;
  std::deque<RangeCheck> checks_;
  std::vector<std::optional<Worker>> workers_;
  std::mutex progress_mutex_;
};

absl::Status Execution::Prepare() {
  if (layout_.slots.size() != plan_.outputs.size()) return absl::InternalError("the layout has not one slot for each output");
  if (options_.memory < MinimumMemory(options_.threads)) {
    return absl::ResourceExhaustedError(absl::StrCat(options_.threads, " threads need ", MinimumMemory(options_.threads),
                                                     " bytes of memory at least, not ", options_.memory));
  }
  IndexChecksums();
  const TilingLimits limits = {.band = BandLimit(), .tile = kTileBytes};
  for (size_t k = 0; k < plan_.outputs.size(); ++k) {
    if (absl::Status status = AddOutput(k, limits); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Small enough for the budget, and for all threads to have work until the end.
int64_t Execution::BandLimit() const {
  const int64_t affordable = std::min(options_.memory / options_.threads - kTileBytes, kMostBandBytes);
  return std::min(affordable, std::max(layout_.size / (int64_t{4} * options_.threads), kLeastBandBytes));
}

void Execution::IndexChecksums() {
  for (const PlanSource& source : plan_.sources) {
    for (const ChecksummedRange& range : source.checkpoint->checksums) checksums_[{range.source.get(), range.offset}] = &range;
  }
}

absl::Status Execution::AddOutput(size_t output, const TilingLimits& limits) {
  const PlannedTensor& planned = plan_.outputs[output];
  const absl::StatusOr<int64_t> size = ByteSize(planned.expr->spec());
  if (!size.ok() || *size != layout_.slots[output].size) {
    return absl::InternalError(absl::StrCat("the slot of \"", planned.name, "\" has another size than the tensor"));
  }
  for (const Box& box : Normalize(*planned.expr)) {
    absl::StatusOr<TiledBox> tiled = TileBox(box, planned.expr->spec().shape, limits);
    if (!tiled.ok()) return tiled.status();
    Job job = {output, *std::move(tiled), {}, bands_};
    for (const TiledLeaf& leaf : job.box.leaves) job.checks.push_back(CheckFor(leaf));
    int64_t band_bytes = ItemSize(job.box.dtype());
    for (int64_t extent : job.box.band) band_bytes *= extent;
    band_bytes_ = std::max(band_bytes_, band_bytes);
    bands_ += CountParts(job.box.extents, job.box.band);
    jobs_.push_back(std::move(job));
  }
  return absl::OkStatus();
}

// A leaf that is exactly one checksummed range: whoever makes its box reads each byte of the range once.
RangeCheck* Execution::CheckFor(const TiledLeaf& leaf) {
  const auto found = checksums_.find({leaf.tensor.source().get(), leaf.tensor.offset()});
  if (found == checksums_.end() || found->second->size != leaf.tensor.byte_size() || !leaf.tensor.IsRowMajor()) return nullptr;
  return &checks_.emplace_back(*found->second);
}

absl::Status Execution::Run() {
  const int64_t literals = static_cast<int64_t>(layout_.literals.size());
  return ParallelFor(literals + bands_, options_.threads, options_.stop, [&](int64_t index, int thread) {
    return index < literals ? WriteLiteral(layout_.literals[index]) : MakeBand(index - literals, thread);
  });
}

absl::Status Execution::WriteLiteral(const Layout::Literal& literal) {
  if (absl::Status status = file_.WriteAt(literal.offset, literal.bytes); !status.ok()) return status;
  Report(static_cast<int64_t>(literal.bytes.size()));
  return absl::OkStatus();
}

absl::Status Execution::MakeBand(int64_t index, int thread) {
  const auto after =
      std::upper_bound(jobs_.begin(), jobs_.end(), index, [](int64_t band, const Job& job) { return band < job.first_band; });
  const Job& job = *std::prev(after);
  if (!workers_[thread].has_value()) workers_[thread].emplace(band_bytes_);
  Worker& worker = *workers_[thread];
  const Region band = PartAt(job.box.extents, job.box.band, index - job.first_band);
  absl::Status status = worker.maker.Make(job.box, job.checks, band, worker.band.data());
  if (status.ok()) status = WriteBand(job, band, worker.band.data());
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("making tensor \"", plan_.outputs[job.output].name, "\": ", status.message()));
}

absl::Status Execution::WriteBand(const Job& job, const Region& band, const char* bytes) {
  const int64_t item = ItemSize(job.box.dtype());
  const Runs runs(job.box.output_steps, band);
  const int64_t run_bytes = runs.length() * item;
  const int64_t origin = layout_.slots[job.output].offset + job.box.output_origin * item;
  absl::Status status = runs.ForEach([&](int64_t element) {
    absl::Status written = file_.WriteAt(origin + element * item, absl::string_view(bytes, run_bytes));
    bytes += run_bytes;
    return written;
  });
  if (status.ok()) Report(runs.count() * run_bytes);
  return status;
}

void Execution::Report(int64_t bytes) {
  if (!options_.on_progress || bytes == 0) return;
  const std::lock_guard lock(progress_mutex_);
  options_.on_progress(bytes);
}

absl::Status Execution::CheckSourcesUnchanged() const {
  absl::flat_hash_set<const ByteSource*> sources;
  for (const Job& job : jobs_) {
    for (const TiledLeaf& leaf : job.box.leaves) sources.insert(leaf.tensor.source().get());
  }
  for (const PlanSource& source : plan_.sources) {
    for (const CheckpointFile& file : source.checkpoint->files) sources.insert(file.bytes.get());
  }
  for (const ByteSource* source : sources) {
    if (absl::Status status = source->CheckUnchanged(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Execute(const Plan& plan, absl::Span<const FileToWrite> files, const ExecuteOptions& options) {
  if (files.size() != 1) return absl::InternalError("several files");
  Execution execution(plan, *files[0].layout, options, *files[0].file);
  if (absl::Status status = execution.Prepare(); !status.ok()) return status;
  if (absl::Status status = execution.Run(); !status.ok()) return status;
  return execution.CheckSourcesUnchanged();
}

int64_t MinimumMemory(int threads) {
  return threads * (kTileBytes + kLeastBandBytes);
}

}  // namespace weighbridge
