#include "verify/judge.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "formats/checkpoint.h"
#include "formats/tensor_spec.h"
#include "plan/parallel_for.h"
#include "plan/plan.h"
#include "proto/manifest.pb.h"
#include "verify/compare.h"
#include "verify/digest.h"
#include "verify/finding.h"
#include "verify/make_manifest.h"
#include "verify/match_tensors.h"
#include "verify/scratch.h"

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
  for (const ChecksummedRange& range : checkpoint.checksums) {
    const bool in_file = std::any_of(checkpoint.files.begin(), checkpoint.files.end(),
                                     [&](const CheckpointFile& file) { return file.bytes.get() == range.source.get(); });
    if (!in_file) decoded.push_back(&range);
  }
  return decoded;
}

int64_t DigestedBytes(const Checkpoint& checkpoint) {
  int64_t bytes = 0;
  for (const CheckpointFile& file : checkpoint.files) bytes += file.bytes->size();
  for (const ChecksummedRange* range : DecodedRanges(checkpoint)) bytes += range->size;
  return bytes;
}

class Judging {
 public:
  Judging(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) : options_(options) {
    for (const PlanSource& source : plan.sources) {
      parties_.push_back({source.checkpoint.get(), absl::StrCat("source ", source.id), false});
    }
    parties_.push_back({&merged, "the merged checkpoint", true});
    for (const MatchedTensor& match : MatchTensors(plan, merged)) tensors_.push_back({match, {}, "", ""});
    threads_ = static_cast<int>(std::min(int64_t{options.threads}, options.memory / kLeastPerThread));
    scratch_size_ = std::min(options.memory / std::max(threads_, 1) - kBesideScratch, kMostScratch);
  }

  absl::Status Run() {
    if (threads_ < 1) {
      return absl::ResourceExhaustedError(absl::StrCat(options_.memory, " bytes of memory are too few; ", kLeastPerThread, " are needed"));
    }
    for (int i = 0; i < threads_; ++i) scratch_.push_back(std::make_unique<Scratch>(scratch_size_));
    absl::Status status = DigestAndCompare();
    if (status.ok()) status = CheckSuspicions();
    // A file that changed explains everything else.
    for (const Party& party : parties_) {
      if (absl::Status unchanged = CheckUnchanged(party); !unchanged.ok()) return unchanged;
    }
    return status;
  }

  const std::vector<JudgedTensor>& tensors() const { return tensors_; }
  // Of the files of each source of the plan, and of the merged checkpoint behind them.
  const std::vector<std::vector<std::string>>& sha256() const { return sha256_; }

 private:
  // A part of the work that one thread does.
  struct Item {
    enum class Kind { kFile, kRange, kSpan } kind;
    int64_t bytes;
    size_t owner;  // The party of a file or range, the tensor of a span.
    size_t file;
    const ChecksummedRange* range;
    ElementSpan span;
  };

  Comparison ComparisonOf(const JudgedTensor& tensor) const {
    const MatchedTensor& match = tensor.match;
    return {&match.found->tensor, IsComparable(match) ? match.planned->expr.get() : nullptr};
  }

  // Files first, the longest first: nothing can share the work of digesting one.
  std::vector<Item> Items() {
    std::vector<Item> items;
    sha256_.resize(parties_.size());
    for (size_t p = 0; p < parties_.size(); ++p) {
      const Checkpoint& checkpoint = *parties_[p].checkpoint;
      sha256_[p].resize(checkpoint.files.size());
      for (size_t f = 0; f < checkpoint.files.size(); ++f) {
        items.push_back({Item::Kind::kFile, checkpoint.files[f].bytes->size(), p, f, nullptr, {}});
      }
      for (const ChecksummedRange* range : DecodedRanges(checkpoint)) {
        items.push_back({Item::Kind::kRange, range->size, p, 0, range, {}});
      }
    }
    std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.bytes > b.bytes; });
    chunk_digests_.resize(tensors_.size());
    for (size_t t = 0; t < tensors_.size(); ++t) {
      if (tensors_[t].match.found == nullptr) continue;
      const TensorSpec& spec = tensors_[t].match.found->tensor.spec();
      const int64_t size = tensors_[t].match.found->tensor.byte_size();
      chunk_digests_[t].resize(static_cast<size_t>((size + kDigestChunk - 1) / kDigestChunk * 16));
      for (const ElementSpan& span : DivideForComparing(ComparisonOf(tensors_[t]), scratch_size_)) {
        items.push_back({Item::Kind::kSpan, (span.end - span.begin) * ItemSize(spec.dtype), t, 0, nullptr, span});
      }
    }
    return items;
  }

  absl::Status DigestAndCompare() {
    const std::vector<Item> items = Items();
    absl::Status status = ParallelFor(static_cast<int64_t>(items.size()), threads_, options_.stop, [&](int64_t index, int thread) {
      const Item& item = items[index];
      if (item.kind == Item::Kind::kFile) return DigestOneFile(item);
      if (item.kind == Item::Kind::kRange) return CheckOneRange(item);
      return CompareOneSpan(item, *scratch_[thread]);
    });
    if (!status.ok()) return status;
    for (size_t t = 0; t < tensors_.size(); ++t) {
      if (tensors_[t].match.found == nullptr) continue;
      tensors_[t].content_xxh3 = ContentDigestOfChunks(tensors_[t].match.found->tensor.spec(), chunk_digests_[t]);
    }
    return absl::OkStatus();
  }

  absl::Status DigestOneFile(const Item& item) {
    const Party& party = parties_[item.owner];
    absl::StatusOr<std::string> sha256 = DigestFile(*party.checkpoint->files[item.file].bytes, party.checkpoint->checksums, options_.stop,
                                                    [this](int64_t bytes) { Progress(bytes); });
    if (!sha256.ok()) return Annotate(sha256.status(), party);
    sha256_[item.owner][item.file] = *std::move(sha256);
    return absl::OkStatus();
  }

  absl::Status CheckOneRange(const Item& item) {
    if (absl::Status status = CheckRange(*item.range); !status.ok()) return Annotate(status, parties_[item.owner]);
    Progress(item.bytes);
    return absl::OkStatus();
  }

  absl::Status CompareOneSpan(const Item& item, Scratch& scratch) {
    JudgedTensor& tensor = tensors_[item.owner];
    absl::StatusOr<SpanResult> result = CompareSpan(ComparisonOf(tensor), item.span, scratch);
    if (!result.ok()) return AnnotateTensor(result.status(), tensor);
    {
      const std::lock_guard<std::mutex> lock(results_mutex_);
      tensor.difference.Add(result->difference);
      chunk_digests_[item.owner].replace(static_cast<size_t>(result->first_chunk * 16), result->chunk_digests.size(),
                                         result->chunk_digests);
    }
    Progress(item.bytes);
    return absl::OkStatus();
  }

  absl::Status CheckSuspicions() {
    const std::vector<Suspicion> suspicions = Suspicions(tensors_);
    return ParallelFor(static_cast<int64_t>(suspicions.size()), threads_, options_.stop, [&](int64_t index, int thread) {
      const Suspicion& suspicion = suspicions[index];
      JudgedTensor& tensor = tensors_[suspicion.tensor];
      absl::StatusOr<bool> equal = IsEqual({&tensor.match.found->tensor, suspicion.expected.get()}, *scratch_[thread]);
      if (!equal.ok()) return AnnotateTensor(equal.status(), tensor);
      if (*equal) tensor.explanation = suspicion.sentence;
      return absl::OkStatus();
    });
  }

  absl::Status CheckUnchanged(const Party& party) const {
    for (const CheckpointFile& file : party.checkpoint->files) {
      if (absl::Status status = file.bytes->CheckUnchanged(); !status.ok()) return Annotate(status, party);
    }
    return absl::OkStatus();
  }

  static absl::Status Annotate(const absl::Status& status, const Party& party) {
    const absl::Status annotated(status.code(), absl::StrCat("reading ", party.label, ": ", status.message()));
    return party.is_merged ? MarkActualUnreadable(annotated) : annotated;
  }

  absl::Status AnnotateTensor(const absl::Status& status, const JudgedTensor& tensor) const {
    if (!IsActualUnreadable(status)) return absl::Status(status.code(), absl::StrCat("reading a source: ", status.message()));
    return Annotate(absl::Status(status.code(), absl::StrCat("tensor \"", tensor.match.found->name, "\": ", status.message())),
                    parties_.back());
  }

  void Progress(int64_t bytes) {
    if (!options_.on_progress) return;
    const std::lock_guard<std::mutex> lock(progress_mutex_);
    options_.on_progress(bytes);
  }

  const JudgeOptions& options_;
  int threads_;
  int64_t scratch_size_;
  std::vector<std::unique_ptr<Scratch>> scratch_;  // One per thread.
  std::vector<Party> parties_;
  std::vector<std::vector<std::string>> sha256_;  // One per party and file.
  std::vector<JudgedTensor> tensors_;
  std::vector<std::string> chunk_digests_;  // One per tensor.
  std::mutex results_mutex_;
  std::mutex progress_mutex_;
};

}  // namespace

absl::StatusOr<Manifest> Judge(const Plan& plan, const Checkpoint& merged, const JudgeOptions& options) {
  Judging judging(plan, merged, options);
  if (absl::Status status = judging.Run(); !status.ok()) return status;
  return MakeManifest(plan, merged, judging.sha256(), judging.tensors());
}

bool ConcernsMerged(const absl::Status& status) {
  return IsActualUnreadable(status);
}

int64_t MinimumJudgeMemory() {
  return kLeastPerThread;
}

int64_t JudgeBytes(const Plan& plan, const Checkpoint& merged) {
  int64_t bytes = DigestedBytes(merged);
  for (const PlanSource& source : plan.sources) bytes += DigestedBytes(*source.checkpoint);
  for (const CheckpointTensor& tensor : merged.tensors()) bytes += tensor.tensor.byte_size();
  return bytes;
}

}  // namespace weighbridge
