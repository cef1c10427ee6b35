#include "verify/judge.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "expr/plan.h"
#include "formats/checkpoint.h"
#include "formats/stored_tensor.h"
#include "formats/tensor_spec.h"
#include "proto/manifest.pb.h"
#include "verify/compare/compare.h"
#include "verify/compare/difference.h"
#include "verify/compare/match_tensors.h"
#include "verify/compare/tolerance.h"
#include "verify/compare/value_statistics.h"
#include "verify/digest/container_ranges.h"
#include "verify/digest/digest.h"
#include "verify/explain/diagnose.h"
#include "verify/explain/finding.h"
#include "verify/manifest/make_manifest.h"
#include "verify/reference/scratch.h"

namespace weighbridge {
namespace {

// What a thread holds beside its scratch memory: the buffer of ReadRegion, or that of DigestFile.
constexpr int64_t kBesideScratch = int64_t{5} << 20;
constexpr int64_t kLeastPerThread = kBesideScratch + kLeastComparingScratch;
// More is of no use.
constexpr int64_t kMostScratch = int64_t{256} << 20;

// A checkpoint to digest: a source, or the merged one.
struct Party {
  const Checkpoint* checkpoint;
  std::string label;  // "source vicuna", "the merged checkpoint"
  bool is_merged;
};

// The ranges whose checksum is over bytes that no file holds as they are; the others are checked while files are digested.
std::vector<const ChecksummedRange*> DecodedRanges(const Checkpoint& checkpoint) {
  std::vector<const ChecksummedRange*> decoded;
  const FilePlaces places(checkpoint);
  for (const ChecksummedRange& range : checkpoint.checksums) {
    if (!places.IsFile(range.source.get())) decoded.push_back(&range);
  }
  return decoded;
}

class Judging {
 public:
  Judging(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) : plan_(plan), merged_(merged), options_(options) {
    for (const PlanSource& source : plan.sources) {
      parties_.push_back({source.checkpoint.get(), absl::StrCat("source ", source.id), false});
    }
    parties_.push_back({&merged, "the merged checkpoint", true});
    threads_ = static_cast<int>(std::min(int64_t{options.threads}, options.memory / kLeastPerThread));
    scratch_size_ = std::min(options.memory / std::max(threads_, 1) - kBesideScratch, kMostScratch);
  }

  // Everything that is to be done, but for explanations.
  absl::Status Prepare() {
    found_.tolerance = options_.tolerance;
    for (const MatchedTensor& match : MatchTensors(plan_, merged_)) {
      if (options_.match && !options_.match(NameOf(match))) continue;
      JudgedTensor& tensor = found_.tensors.emplace_back();
      tensor.match = match;
      const bool has_own = options_.plan_tolerances && match.planned != nullptr && !match.planned->tolerance.empty();
      tensor.tolerance = has_own ? match.planned->tolerance : options_.tolerance;
    }
    if (options_.match && found_.tensors.empty()) {
      return absl::InvalidArgumentError("there is nothing to judge: no tensor has a name that matches");
    }
    spans_.resize(found_.tensors.size());
    chunks_.resize(found_.tensors.size());
    if (!options_.match) {
      AddFileTasks();
      AddContainerTasks();
      AddDroppedTasks();
    }
    for (size_t t = 0; t < found_.tensors.size(); ++t) {
      RETURN_IF_ERROR(AddTensorTasks(t));
    }
    return absl::OkStatus();
  }

  int64_t TotalBytes() const {
    int64_t bytes = 0;
    for (const Task& task : tasks_) bytes += task.bytes;
    for (const SpanTask& task : span_tasks_) bytes += BytesOf(task);
    return bytes;
  }

  absl::StatusOr<Judgement> Run() {
    if (threads_ < 1) {
      return absl::ResourceExhaustedError(absl::StrCat(options_.memory, " bytes of memory are too few; ", kLeastPerThread, " are needed"));
    }
    for (int i = 0; i < threads_; ++i) scratch_.push_back(std::make_unique<Scratch>(scratch_size_));
    const auto others = static_cast<int64_t>(tasks_.size());
    absl::Status status =
        ParallelFor(others + static_cast<int64_t>(span_tasks_.size()), threads_, options_.stop, [&](int64_t index, int thread) {
          return index < others ? tasks_[index].run(*scratch_[thread]) : CompareOneSpan(span_tasks_[index - others], *scratch_[thread]);
        });
    if (status.ok()) {
      status = Diagnose(plan_, scratch_, options_.stop, found_.tensors);
      if (!status.ok()) status = AnnotateTensor(status);
    }
    // A file that changed explains everything else.
    for (const Party& party : parties_) {
      RETURN_IF_ERROR(CheckUnchanged(party));
    }
    if (!status.ok()) return status;
    return std::move(found_);
  }

 private:
  // A part of the work that one thread does.
  struct Task {
    int64_t bytes;  // That it reports.
    std::function<absl::Status(Scratch&)> run;
  };

  // A part of a tensor to compare. There are as many as tensors, and more, so that each is small.
  struct SpanTask {
    uint32_t tensor;
    uint32_t span;  // Of the tensor's.
    ElementSpan elements;
  };

  // What was found of a tensor, part by part; from the first part to the last.
  struct Chunks {
    size_t spans_left = 0;
    std::vector<Difference> differences;  // One for each span, for their sums depend on the order.
    std::string xxh3;                     // One after the other.
    std::string sha256;
    std::vector<ValueSums> values;
  };

  static const std::string& NameOf(const MatchedTensor& match) { return match.found != nullptr ? match.found->name : match.planned->name; }

  // The longest first: nothing can share the work of digesting a file.
  void AddFileTasks() {
    found_.sha256.resize(parties_.size());
    for (size_t p = 0; p < parties_.size(); ++p) {
      const Checkpoint& checkpoint = *parties_[p].checkpoint;
      found_.sha256[p].resize(checkpoint.files.size());
      for (size_t f = 0; f < checkpoint.files.size(); ++f) {
        tasks_.push_back({checkpoint.files[f].bytes->size(), [this, p, f](Scratch&) { return DigestOneFile(p, f); }});
      }
      for (const ChecksummedRange* range : DecodedRanges(checkpoint)) {
        tasks_.push_back({range->size, [this, p, range](Scratch&) { return CheckOneRange(p, *range); }});
      }
    }
    std::stable_sort(tasks_.begin(), tasks_.end(), [](const Task& a, const Task& b) { return a.bytes > b.bytes; });
  }

  void AddContainerTasks() {
    found_.container.resize(merged_.files.size());
    const std::vector<std::vector<FileRange>> ranges = ContainerRanges(merged_, FilePlaces(merged_));
    for (size_t f = 0; f < merged_.files.size(); ++f) {
      for (const FileRange& range : ranges[f]) found_.container[f].push_back({range, ""});
      for (DigestedRange& range : found_.container[f]) {
        tasks_.push_back({range.range.size, [this, f, &range](Scratch& scratch) { return DigestOneRange(f, range, scratch); }});
      }
    }
  }

  void AddDroppedTasks() {
    found_.dropped_xxh3.resize(plan_.dropped.size());
    for (size_t d = 0; d < plan_.dropped.size(); ++d) {
      const DroppedTensor& dropped = plan_.dropped[d];
      for (const PlanSource& source : plan_.sources) {
        const CheckpointTensor* tensor = source.id == dropped.source ? source.checkpoint->Find(dropped.name) : nullptr;
        if (tensor == nullptr) continue;
        tasks_.push_back({tensor->tensor.byte_size(), [this, d, tensor](Scratch&) { return DigestOneDropped(d, *tensor); }});
      }
    }
  }

  absl::Status AddTensorTasks(size_t t) {
    JudgedTensor& tensor = found_.tensors[t];
    if (tensor.match.found == nullptr) return absl::OkStatus();
    absl::StatusOr<Tolerance> tolerance = ParseTolerance(tensor.tolerance);
    if (!tolerance.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("tensor \"", tensor.match.found->name, "\": ", tolerance.status().message()));
    }
    tolerances_.emplace(tensor.tolerance, *tolerance);
    const std::vector<ElementSpan> spans = DivideForComparing(ComparisonOf(t));
    spans_[t] = static_cast<uint32_t>(spans.size());
    for (size_t s = 0; s < spans.size(); ++s) span_tasks_.push_back({static_cast<uint32_t>(t), static_cast<uint32_t>(s), spans[s]});
    return spans.empty() ? JoinChunks(t, Chunks()) : absl::OkStatus();
  }

  Comparison ComparisonOf(size_t t) const {
    const JudgedTensor& tensor = found_.tensors[t];
    return {&tensor.match.found->tensor, IsComparable(tensor.match) ? tensor.match.planned->expr.get() : nullptr,
            tolerances_.at(tensor.tolerance)};
  }

  int64_t BytesOf(const SpanTask& task) const {
    return (task.elements.end - task.elements.begin) * ItemSize(found_.tensors[task.tensor].match.found->tensor.spec().dtype);
  }

  absl::Status CompareOneSpan(const SpanTask& task, Scratch& scratch) {
    ASSIGN_OR_RETURN(SpanResult result, CompareSpan(ComparisonOf(task.tensor), task.elements, scratch),
                     AnnotateTensor(NameTensor(_, task.tensor)));
    RETURN_IF_ERROR(Keep(task, std::move(result)));
    Progress(BytesOf(task));
    return absl::OkStatus();
  }

  absl::Status DigestOneFile(size_t p, size_t f) {
    const Party& party = parties_[p];
    ASSIGN_OR_RETURN(found_.sha256[p][f],
                     DigestFile(*party.checkpoint->files[f].bytes, party.checkpoint->checksums, options_.stop,
                                [this](int64_t bytes) { Progress(bytes); }),
                     NameParty(_, party));
    return absl::OkStatus();
  }

  absl::Status CheckOneRange(size_t p, const ChecksummedRange& range) {
    RETURN_IF_ERROR(CheckRange(range), NameParty(_, parties_[p]));
    Progress(range.size);
    return absl::OkStatus();
  }

  absl::Status DigestOneRange(size_t f, DigestedRange& range, Scratch& scratch) {
    const Scratch::Lease bytes = scratch.Take(range.range.size);
    RETURN_IF_ERROR(merged_.files[f].bytes->ReadAt(range.range.offset, bytes.bytes()), NameParty(_, parties_.back()));
    ChunkDigests digest(DigestKind::kXxh3);
    digest.Update(absl::string_view(bytes.bytes().data(), bytes.bytes().size()));
    range.xxh3 = digest.Finish().value();  // XXH3 never fails.
    Progress(range.range.size);
    return absl::OkStatus();
  }

  absl::Status DigestOneDropped(size_t d, const CheckpointTensor& tensor) {
    ContentDigest digest(tensor.tensor.spec());
    absl::Status status = ForEachPiece(tensor.tensor, kDigestChunk, [&](absl::string_view piece) { digest.Update(piece); });
    if (!status.ok()) {
      return AnnotateTensor(Annotate(status, absl::StrCat("tensor \"", plan_.dropped[d].source, "/", tensor.name, "\"")));
    }
    found_.dropped_xxh3[d] = digest.Finish().value();  // XXH3 never fails.
    Progress(tensor.tensor.byte_size());
    return absl::OkStatus();
  }

  // Whoever brings a tensor's last part joins all.
  absl::Status Keep(const SpanTask& task, SpanResult result) {
    const size_t t = task.tensor;
    std::unique_ptr<Chunks> complete;
    {
      const std::lock_guard<std::mutex> lock(results_mutex_);
      if (chunks_[t] == nullptr) chunks_[t] = MakeChunks(t);
      Chunks& chunks = *chunks_[t];
      const auto first = static_cast<size_t>(result.first_chunk);
      found_.tensors[t].loss.Add(result.loss);
      chunks.differences[task.span] = std::move(result.difference);
      chunks.xxh3.replace(first * 16, result.chunk_xxh3.size(), result.chunk_xxh3);
      chunks.sha256.replace(first * 32, result.chunk_sha256.size(), result.chunk_sha256);
      std::copy(result.chunk_values.begin(), result.chunk_values.end(), chunks.values.begin() + static_cast<int64_t>(first));
      if (--chunks.spans_left == 0) complete = std::move(chunks_[t]);
    }
    return complete == nullptr ? absl::OkStatus() : JoinChunks(t, *complete);
  }

  std::unique_ptr<Chunks> MakeChunks(size_t t) const {
    const int64_t bytes = found_.tensors[t].match.found->tensor.byte_size();
    const auto count = static_cast<size_t>((bytes + kDigestChunk - 1) / kDigestChunk);
    auto chunks = std::make_unique<Chunks>();
    chunks->spans_left = spans_[t];
    chunks->differences.resize(spans_[t]);
    chunks->xxh3.resize(count * static_cast<size_t>(DigestSize(DigestKind::kXxh3)));
    chunks->sha256.resize(count * static_cast<size_t>(DigestSize(DigestKind::kSha256)));
    chunks->values.resize(count);
    return chunks;
  }

  absl::Status JoinChunks(size_t t, const Chunks& chunks) {
    JudgedTensor& tensor = found_.tensors[t];
    const TensorSpec& spec = tensor.match.found->tensor.spec();
    auto difference = std::make_unique<Difference>();
    for (const Difference& part : chunks.differences) difference->Add(part);
    if (difference->elements > 0) tensor.difference = std::move(difference);
    for (const ValueSums& values : chunks.values) tensor.values.Add(values);
    ASSIGN_OR_RETURN(std::string sha256, ContentDigestOfChunks(DigestKind::kSha256, spec, chunks.sha256));
    tensor.content_xxh3 = ContentDigestOfChunks(DigestKind::kXxh3, spec, chunks.xxh3).value();  // XXH3 never fails.
    tensor.content_sha256 = std::move(sha256);
    return absl::OkStatus();
  }

  absl::Status CheckUnchanged(const Party& party) const {
    for (const CheckpointFile& file : party.checkpoint->files) {
      RETURN_IF_ERROR(file.bytes->CheckUnchanged(), NameParty(_, party));
    }
    return absl::OkStatus();
  }

  static absl::Status NameParty(const absl::Status& status, const Party& party) {
    const absl::Status annotated(status.code(), absl::StrCat("reading ", party.label, ": ", status.message()));
    return party.is_merged ? MarkActualUnreadable(annotated) : annotated;
  }

  absl::Status NameTensor(const absl::Status& status, size_t t) const {
    if (!IsActualUnreadable(status)) return status;
    return MarkActualUnreadable(Annotate(status, absl::StrCat("tensor \"", found_.tensors[t].match.found->name, "\"")));
  }

  absl::Status AnnotateTensor(const absl::Status& status) const {
    if (IsActualUnreadable(status)) return NameParty(status, parties_.back());
    return Annotate(status, "reading a source");
  }

  void Progress(int64_t bytes) {
    if (!options_.on_progress) return;
    const std::lock_guard<std::mutex> lock(progress_mutex_);
    options_.on_progress(bytes);
  }

  const Plan& plan_;
  const Checkpoint& merged_;
  const JudgeOptions& options_;
  int threads_;
  int64_t scratch_size_;
  std::vector<std::unique_ptr<Scratch>> scratch_;  // One per thread.
  std::vector<Party> parties_;
  std::vector<Task> tasks_;
  std::vector<SpanTask> span_tasks_;
  std::vector<uint32_t> spans_;                  // Of each tensor.
  std::vector<std::unique_ptr<Chunks>> chunks_;  // Of each tensor that is being compared.
  std::map<std::string, Tolerance> tolerances_;  // By their texts.
  Judgement found_;
  std::mutex results_mutex_;
  std::mutex progress_mutex_;
};

absl::StatusOr<Judgement> RunJudging(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) {
  Judging judging(plan, merged, options);
  RETURN_IF_ERROR(judging.Prepare());
  return judging.Run();
}

}  // namespace

absl::StatusOr<Manifest> Judge(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) {
  // What is not listed would be judged by nobody.
  RETURN_IF_ERROR(CheckAllListed(merged));
  ASSIGN_OR_RETURN(Judgement judgement, RunJudging(plan, merged, options));
  return MakeManifest(plan, merged, std::move(judgement));
}

bool ConcernsMerged(const absl::Status& status) {
  return IsActualUnreadable(status);
}

int64_t MinimumJudgeMemory() {
  return kLeastPerThread;
}

int64_t JudgeBytes(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) {
  Judging judging(plan, merged, options);
  return judging.Prepare().ok() ? judging.TotalBytes() : 0;
}

}  // namespace weighbridge
