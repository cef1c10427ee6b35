#include "execute/execute.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "execute/band_maker.h"
#include "execute/box.h"
#include "execute/normal_form.h"
#include "execute/range_check.h"
#include "execute/range_crc.h"
#include "execute/runs.h"
#include "execute/tiling.h"
#include "expr/expr.h"
#include "expr/plan.h"
#include "formats/bytes/byte_source.h"
#include "formats/bytes/output_file.h"
#include "formats/checkpoint.h"
#include "formats/layout.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"

namespace weighbridge {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kTileBytes = kMiB;
constexpr int64_t kLeastBandBytes = kMiB;
// Larger bands no longer make reads or writes faster.
constexpr int64_t kMostBandBytes = 32 * kMiB;

// Where an output goes, and what is told its bytes: nullptr where no checksum of the layout wants them.
struct Target {
  OutputFile* file;
  int64_t offset;
  RangeCrc* crc;
};

// A box of an output. There may be as many as there are tensors in a checkpoint, so that each is tiled again when it is made, and an output
// normalized again by each thread that makes some of its boxes.
struct Job {
  size_t output;
  size_t box;  // In the output's normal form.
  Target target;
  int64_t first_band;  // Among those of all jobs.
};

// A job's box, and what its making is to be checked against: per leaf a check, or nullptr.
struct TiledJob {
  TiledBox box;
  std::vector<RangeCheck*> checks;
};

struct Literal {
  OutputFile* file;
  const Layout::Literal* literal;
};

// A checksum that is written when everything else is.
struct Checksum {
  OutputFile* file;
  int64_t offset;
  const RangeCrc* crc;
};

// What one thread reuses from band to band.
struct Worker {
  explicit Worker(int64_t band_bytes) : band(band_bytes), maker(kTileBytes) {}

  Buffer band;
  BandMaker maker;
  // Of the last band: its output, as an index, and the boxes of that; its job, and the box of that.
  std::optional<size_t> output;
  std::vector<Box> boxes;
  const Job* job = nullptr;
  TiledJob tiled;
};

class Execution {
 public:
  Execution(const Plan& plan, absl::Span<const FileToWrite> files, const ExecuteOptions& options)
      : plan_(plan), files_(files), options_(options), workers_(options.threads) {}

  absl::Status Prepare();
  absl::Status Run();
  absl::Status WriteChecksums();
  absl::Status CheckSourcesUnchanged() const;

 private:
  absl::Status CheckFilesCoverOutputs() const;
  int64_t BandLimit() const;
  void IndexSourceChecksums();
  absl::Status AddFile(const FileToWrite& file);
  absl::Status AddOutput(size_t output, const Target& target);
  void AddChecks(size_t job, const TiledBox& box);
  absl::Status Tile(const Job& job, Worker& worker) const;
  absl::Status CheckInFull(const ChecksummedRange& range);
  absl::Status WriteLiteral(const Literal& literal);
  absl::Status MakeBand(int64_t index, int thread);
  absl::Status WriteBand(const Job& job, const TiledBox& box, const Region& band, const char* bytes);
  void Report(int64_t bytes);

  const Plan& plan_;
  const absl::Span<const FileToWrite> files_;
  const ExecuteOptions& options_;
  std::vector<Literal> literals_;
  std::vector<Job> jobs_;
  int64_t bands_ = 0;
  int64_t band_bytes_ = 0;  // Of the largest band.
  std::deque<RangeCrc> crcs_;
  std::vector<Checksum> checksums_;
  absl::flat_hash_map<std::pair<const ByteSource*, int64_t>, const ChecksummedRange*> source_checksums_;
  std::vector<const ChecksummedRange*> ranges_without_tensors_;  // Of the sources: nobody else reads them.
  std::deque<RangeCheck> checks_;
  // Of leaves that have one: by job and leaf.
  absl::flat_hash_map<std::pair<size_t, size_t>, RangeCheck*> check_of_leaf_;
  absl::flat_hash_set<const ByteSource*> sources_read_;
  TilingLimits limits_ = {};
  std::vector<std::optional<Worker>> workers_;
  std::mutex progress_mutex_;
};

absl::Status Execution::Prepare() {
  RETURN_IF_ERROR(CheckFilesCoverOutputs());
  if (options_.memory < MinimumMemory(options_.threads)) {
    return absl::ResourceExhaustedError(absl::StrCat(options_.threads, " threads need ", MinimumMemory(options_.threads),
                                                     " bytes of memory at least, not ", options_.memory));
  }
  IndexSourceChecksums();
  limits_ = {.band = BandLimit(), .tile = kTileBytes};
  jobs_.reserve(plan_.outputs.size());
  for (const FileToWrite& file : files_) {
    if (options_.stop != nullptr && *options_.stop) return absl::CancelledError("stopped");
    RETURN_IF_ERROR(AddFile(file));
  }
  return absl::OkStatus();
}

absl::Status Execution::CheckFilesCoverOutputs() const {
  size_t covered = 0;
  for (const FileToWrite& file : files_) {
    if (file.first_output != covered) return absl::InternalError("the files do not follow each other");
    covered += file.layout->slots.size();
  }
  if (covered != plan_.outputs.size()) return absl::InternalError("the layouts have not one slot for each output");
  return absl::OkStatus();
}

// Small enough for the budget, and for all threads to have work until the end.
int64_t Execution::BandLimit() const {
  int64_t size = 0;
  for (const FileToWrite& file : files_) size += file.layout->size;
  const int64_t affordable = std::min(options_.memory / options_.threads - kTileBytes, kMostBandBytes);
  return std::min(affordable, std::max(size / (int64_t{4} * options_.threads), kLeastBandBytes));
}

void Execution::IndexSourceChecksums() {
  for (const PlanSource& source : plan_.sources) {
    for (const ChecksummedRange& range : source.checkpoint->checksums) {
      source_checksums_[{range.source.get(), range.offset}] = &range;
      if (!range.has_tensors) ranges_without_tensors_.push_back(&range);
    }
  }
}

absl::Status Execution::AddFile(const FileToWrite& file) {
  const Layout& layout = *file.layout;
  for (const Layout::Literal& literal : layout.literals) literals_.push_back({file.file, &literal});
  // Slots by offset and size: an empty one may lie where another begins.
  absl::flat_hash_map<std::pair<int64_t, int64_t>, RangeCrc*> crcs;
  for (const Layout::Checksum& checksum : layout.checksums) {
    const Layout::Slot& slot = layout.slots[checksum.slot];
    RangeCrc*& crc = crcs[{slot.offset, slot.size}];
    if (crc == nullptr) crc = &crcs_.emplace_back(slot.offset, slot.size);
    checksums_.push_back({file.file, checksum.offset, crc});
  }
  absl::flat_hash_set<std::pair<int64_t, int64_t>> filled;
  for (size_t k = 0; k < layout.slots.size(); ++k) {
    const Layout::Slot& slot = layout.slots[k];
    const size_t output = file.first_output + k;
    const PlannedTensor& planned = plan_.outputs[output];
    const absl::StatusOr<int64_t> size = ByteSize(planned.expr->spec());
    if (!size.ok() || *size != slot.size) {
      return absl::InternalError(absl::StrCat("the slot of \"", planned.name, "\" has another size than the tensor"));
    }
    if (!filled.insert({slot.offset, slot.size}).second) continue;  // Another name of a tensor that is there already.
    const auto crc = crcs.find({slot.offset, slot.size});
    const Target target = {file.file, slot.offset, crc == crcs.end() ? nullptr : crc->second};
    RETURN_IF_ERROR(AddOutput(output, target));
  }
  return absl::OkStatus();
}

absl::Status Execution::AddOutput(size_t output, const Target& target) {
  const PlannedTensor& planned = plan_.outputs[output];
  ASSIGN_OR_RETURN(std::vector<Box> boxes, Normalize(*planned.expr), Annotate(_, absl::StrCat("tensor \"", planned.name, "\"")));
  for (size_t box = 0; box < boxes.size(); ++box) {
    ASSIGN_OR_RETURN(TiledBox tiled, TileBox(std::move(boxes[box]), limits_));
    AddChecks(jobs_.size(), tiled);
    int64_t band_bytes = ItemSize(tiled.dtype());
    for (int64_t extent : tiled.band) band_bytes *= extent;
    band_bytes_ = std::max(band_bytes_, band_bytes);
    jobs_.push_back({output, box, target, bands_});
    bands_ += CountParts(tiled.extents, tiled.band);
  }
  return absl::OkStatus();
}

// A leaf that is exactly one checksummed range is checked: whoever makes its box reads each byte of the range once.
void Execution::AddChecks(size_t job, const TiledBox& box) {
  for (size_t k = 0; k < box.leaves.size(); ++k) {
    const StoredTensor& tensor = box.leaves[k].tensor;
    sources_read_.insert(tensor.source().get());
    const auto found = source_checksums_.find({tensor.source().get(), tensor.offset()});
    if (found == source_checksums_.end() || found->second->size != tensor.byte_size() || !tensor.IsRowMajor()) continue;
    check_of_leaf_[{job, k}] = &checks_.emplace_back(*found->second);
  }
}

absl::Status Execution::Tile(const Job& job, Worker& worker) const {
  if (worker.job == &job) return absl::OkStatus();
  worker.job = nullptr;
  if (worker.output != job.output) {
    worker.output.reset();
    ASSIGN_OR_RETURN(worker.boxes, Normalize(*plan_.outputs[job.output].expr));
    worker.output = job.output;
  }
  ASSIGN_OR_RETURN(worker.tiled.box, TileBox(worker.boxes[job.box], limits_));
  worker.tiled.checks.clear();
  const auto index = static_cast<size_t>(&job - jobs_.data());
  for (size_t k = 0; k < worker.tiled.box.leaves.size(); ++k) {
    const auto check = check_of_leaf_.find({index, k});
    worker.tiled.checks.push_back(check == check_of_leaf_.end() ? nullptr : check->second);
  }
  worker.job = &job;
  return absl::OkStatus();
}

absl::Status Execution::Run() {
  const int64_t literals = static_cast<int64_t>(literals_.size());
  const int64_t ranges = static_cast<int64_t>(ranges_without_tensors_.size());
  return ParallelFor(literals + bands_ + ranges, options_.threads, options_.stop, [&](int64_t index, int thread) {
    if (index < literals) return WriteLiteral(literals_[index]);
    if (index < literals + bands_) return MakeBand(index - literals, thread);
    return CheckInFull(*ranges_without_tensors_[index - literals - bands_]);
  });
}

absl::Status Execution::CheckInFull(const ChecksummedRange& range) {
  RangeCheck check(range);
  std::string piece;
  for (int64_t done = 0; done < range.size; done += static_cast<int64_t>(piece.size())) {
    piece.resize(std::min(range.size - done, int64_t{64} << 10));
    RETURN_IF_ERROR(range.source->ReadAt(range.offset + done, absl::MakeSpan(piece)));
    PiecesCrc pieces;
    pieces.Append(range.offset + done, piece);
    RETURN_IF_ERROR(check.Add(pieces));
  }
  return absl::OkStatus();
}

absl::Status Execution::WriteLiteral(const Literal& literal) {
  const auto& [offset, bytes] = *literal.literal;
  RETURN_IF_ERROR(literal.file->WriteAt(offset, bytes));
  Report(static_cast<int64_t>(bytes.size()));
  return absl::OkStatus();
}

absl::Status Execution::MakeBand(int64_t index, int thread) {
  const auto after =
      std::upper_bound(jobs_.begin(), jobs_.end(), index, [](int64_t band, const Job& job) { return band < job.first_band; });
  const Job& job = *std::prev(after);
  if (!workers_[thread].has_value()) workers_[thread].emplace(band_bytes_);
  Worker& worker = *workers_[thread];
  RETURN_IF_ERROR(Tile(job, worker));
  const TiledBox& box = worker.tiled.box;
  const Region band = PartAt(box.extents, box.band, index - job.first_band);
  absl::Status status = worker.maker.Make(box, worker.tiled.checks, band, worker.band.data());
  if (status.ok()) status = WriteBand(job, box, band, worker.band.data());
  if (status.ok()) return status;
  return Annotate(status, absl::StrCat("making tensor \"", plan_.outputs[job.output].name, "\""));
}

absl::Status Execution::WriteBand(const Job& job, const TiledBox& box, const Region& band, const char* bytes) {
  const int64_t item = ItemSize(box.dtype());
  const Runs runs(box.output_steps, band);
  const int64_t run_bytes = runs.length() * item;
  const int64_t origin = job.target.offset + box.output_origin * item;
  PiecesCrc pieces;
  RETURN_IF_ERROR(runs.ForEach([&](int64_t element) {
    const int64_t offset = origin + element * item;
    const absl::string_view run(bytes, run_bytes);
    if (job.target.crc != nullptr) pieces.Append(offset, run);
    bytes += run_bytes;
    return job.target.file->WriteAt(offset, run);
  }));
  if (job.target.crc != nullptr) job.target.crc->Add(pieces);
  Report(runs.count() * run_bytes);
  return absl::OkStatus();
}

absl::Status Execution::WriteChecksums() {
  for (const Checksum& checksum : checksums_) {
    std::string bytes;
    for (int k = 0; k < 4; ++k) bytes.push_back(static_cast<char>(checksum.crc->value() >> (8 * k)));
    RETURN_IF_ERROR(checksum.file->WriteAt(checksum.offset, bytes));
  }
  return absl::OkStatus();
}

void Execution::Report(int64_t bytes) {
  if (!options_.on_progress || bytes == 0) return;
  const std::lock_guard lock(progress_mutex_);
  options_.on_progress(bytes);
}

absl::Status Execution::CheckSourcesUnchanged() const {
  absl::flat_hash_set<const ByteSource*> sources = sources_read_;
  for (const PlanSource& source : plan_.sources) {
    for (const CheckpointFile& file : source.checkpoint->files) sources.insert(file.bytes.get());
  }
  for (const ByteSource* source : sources) {
    RETURN_IF_ERROR(source->CheckUnchanged());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Execute(const Plan& plan, absl::Span<const FileToWrite> files, const ExecuteOptions& options) {
  Execution execution(plan, files, options);
  RETURN_IF_ERROR(execution.Prepare());
  RETURN_IF_ERROR(execution.Run());
  RETURN_IF_ERROR(execution.WriteChecksums());
  return execution.CheckSourcesUnchanged();
}

int64_t MinimumMemory(int threads) {
  return threads * (kTileBytes + kLeastBandBytes);
}

}  // namespace weighbridge
